/// What a value looks like in a file, and how it is given on.
public enum FieldFormat: Sendable, Hashable {
    /// Any text of at most so many bytes.
    case text(longest: Int)
    /// So many ASCII digits.
    case digits(Int)
    /// A day, given on as `2026-11-20`.
    case day(DayForm)
    /// A month, `2026-11`.
    case month
    /// One of the keys, given on as its value.
    case choice([[UInt8]: [UInt8]])
    /// A whole number within bounds.
    case wholeNumber(ClosedRange<Int64>)

    /// How a day is written.
    public enum DayForm: String, Sendable, Decodable {
        /// `2026-11-20`.
        case yearFirst = "yyyy-mm-dd"
        /// `20/11/2026`.
        case dayFirst = "dd/mm/yyyy"
    }

    var isNumber: Bool {
        if case .wholeNumber = self { true } else { false }
    }
}

extension FieldFormat: Decodable {
    private enum Key: CodingKey { case format, longest, count, days, values, from, to }
    private enum Kind: String, Decodable {
        case text, digits, day, month, choice
        case wholeNumber = "whole-number"
    }

    /// The longest text when the layout says nothing else, in bytes.
    private static let usualLength = 1_000

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        switch try values.decodeIfPresent(Kind.self, forKey: .format) ?? .text {
        case .text: self = .text(longest: try values.decodeIfPresent(Int.self, forKey: .longest) ?? Self.usualLength)
        case .digits: self = .digits(try values.decode(Int.self, forKey: .count))
        case .day: self = .day(try values.decodeIfPresent(DayForm.self, forKey: .days) ?? .yearFirst)
        case .month: self = .month
        case .choice:
            let choices = try values.decode([String: String].self, forKey: .values)
            self = .choice(Dictionary(choices.map { (Array($0.utf8), Array($1.utf8)) }, uniquingKeysWith: { $1 }))
        case .wholeNumber:
            let low = try values.decodeIfPresent(Int64.self, forKey: .from) ?? .min
            let high = try values.decodeIfPresent(Int64.self, forKey: .to) ?? .max
            self = .wholeNumber(low...max(low, high))
        }
    }
}

extension FieldFormat {
    /// Checks a value that is UTF-8 and not empty.
    ///
    /// - Parameter changed: gets the value in the form in which it is given on, where that is another one.
    /// - Returns: the broken rule, if one is.
    func fault(of value: UnsafeBufferPointer<UInt8>, changed: inout [UInt8]?) -> RecordFault.Rule? {
        switch self {
        case .text(let longest): value.count <= longest ? nil : .textLength
        case .digits(let count): value.count == count && value.allSatisfy(\.isDigit) ? nil : .digits
        case .day(.yearFirst): CalendarDay(yearFirst: value).isReal ? nil : .day
        case .day(.dayFirst): Self.fault(ofDayFirst: value, changed: &changed)
        case .month: CalendarDay(monthOf: value).isReal ? nil : .month
        case .choice(let values): Self.fault(ofChoice: value, among: values, changed: &changed)
        case .wholeNumber(let bounds): Self.number(value).map(bounds.contains) == true ? nil : .wholeNumber
        }
    }

    private static func fault(
        ofChoice value: UnsafeBufferPointer<UInt8>, among values: [[UInt8]: [UInt8]], changed: inout [UInt8]?
    ) -> RecordFault.Rule? {
        guard let choice = values[Array(value)] else { return .choice }
        if !choice.elementsEqual(value) { changed = choice }
        return nil
    }

    private static func fault(
        ofDayFirst value: UnsafeBufferPointer<UInt8>, changed: inout [UInt8]?
    ) -> RecordFault.Rule? {
        guard value.count == 10, value[2] == UInt8(ascii: "/"), value[5] == UInt8(ascii: "/") else { return .day }
        let dash = UInt8(ascii: "-")
        let turned = Array(value[6...]) + [dash] + Array(value[3...4]) + [dash] + Array(value[0...1])
        guard turned.withUnsafeBufferPointer({ CalendarDay(yearFirst: $0).isReal }) else { return .day }
        changed = turned
        return nil
    }

    /// The whole number that the bytes write; nothing when they write none, or too large a one.
    static func number(_ value: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let first = value.first, first != UInt8(ascii: "+") else { return nil }
        return Int64(String(decoding: value, as: UTF8.self))
    }
}

/// Year, month and day as a file writes them. Checked here and not by `Day`: files have tens of millions.
private struct CalendarDay {
    private var year = 0
    private var month = 0
    private var day = 0

    init(yearFirst value: UnsafeBufferPointer<UInt8>) {
        guard value.count == 10, value[4] == UInt8(ascii: "-"), value[7] == UInt8(ascii: "-") else { return }
        year = Self.number(value, 0, 4)
        month = Self.number(value, 5, 2)
        day = Self.number(value, 8, 2)
    }

    /// The first day of a month.
    init(monthOf value: UnsafeBufferPointer<UInt8>) {
        guard value.count == 7, value[4] == UInt8(ascii: "-") else { return }
        year = Self.number(value, 0, 4)
        month = Self.number(value, 5, 2)
        day = 1
    }

    private static func number(_ value: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var number = 0
        for index in start..<start + count {
            guard value[index].isDigit else { return -1 }
            number = number * 10 + Int(value[index] - 0x30)
        }
        return number
    }

    var isReal: Bool {
        guard year >= 1, (1...12).contains(month), day >= 1 else { return false }
        switch month {
        case 2: return day <= (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28)
        case 4, 6, 9, 11: return day <= 30
        default: return day <= 31
        }
    }
}

extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }
}
