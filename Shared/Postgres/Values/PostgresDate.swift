/// A calendar day without a time zone, `date`.
public struct PostgresDate: Sendable, Hashable, Comparable {
    /// Days since 2000-01-01.
    public let daysSince2000: Int32

    public init(daysSince2000: Int32) { self.daysSince2000 = daysSince2000 }

    /// A day of the Gregorian calendar; nil when there is no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard (-4700...5_000_000).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        // Years that begin in March put the leap day last, so that months have a closed form.
        let shifted = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        let era = Self.floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        // 730,425 days lie between 0000-03-01 and 2000-01-01.
        daysSince2000 = Int32(era * 146_097 + dayOfEra - 730_425)
        guard components == (year, month, day) else { return nil }
    }

    /// A day in the form "2026-05-01".
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count >= 4, parts[1].count == 2, parts[2].count == 2,
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Year, month and day of the Gregorian calendar.
    public var components: (year: Int, month: Int, day: Int) {
        let days = Int(daysSince2000) + 730_425
        let era = Self.floorDivide(days, 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    public static func < (left: PostgresDate, right: PostgresDate) -> Bool { left.daysSince2000 < right.daysSince2000 }

    private static func floorDivide(_ value: Int, _ divisor: Int) -> Int {
        value >= 0 ? value / divisor : (value - divisor + 1) / divisor
    }
}

extension PostgresDate: CustomStringConvertible {
    public var description: String {
        let (year, month, day) = components
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

extension PostgresDate: PostgresEncodable, PostgresDecodable {
    public var postgresValue: PostgresValue { PostgresValue(.date, .int32(daysSince2000)) }
    public static var postgresType: PostgresType { .date }

    public init(postgresCell cell: PostgresCell) throws {
        guard cell.type == .date else { throw cell.mismatch("PostgresDate") }
        if cell.isBinary {
            self.init(daysSince2000: try cell.bigEndian(Int32.self))
        } else {
            guard let day = PostgresDate(try cell.text()) else { throw cell.mismatch("PostgresDate") }
            self = day
        }
    }
}
