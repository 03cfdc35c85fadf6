public import Foundation

/// A month for which dues are owed (kỳ đảng phí), written `2026-05`.
public struct DuesMonth: CheckedText {
    public static var fieldName: String { "month" }

    /// Months since the year 0, which makes arithmetic plain.
    private let index: Int

    public var year: Int { index / 12 }
    /// 1 is January.
    public var month: Int { index % 12 + 1 }

    /// A month of the years 1900 to 9999.
    public init(year: Int, month: Int, field: String = DuesMonth.fieldName) throws(InvalidValue) {
        guard (1_900...9_999).contains(year), (1...12).contains(month) else { throw DuesMonth.invalid(field) }
        index = year * 12 + month - 1
    }

    public init(checking text: String, field: String) throws(InvalidValue) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 7, parts.count == 2, parts[0].utf8.count == 4,
            let year = parts[0].plainNumber, let month = parts[1].plainNumber
        else { throw DuesMonth.invalid(field) }
        try self.init(year: year, month: month, field: field)
    }

    private init(index: Int) { self.index = index }

    /// The month in which the moment falls in Vietnam.
    public init(containing moment: Date) { self.init(containing: Day(containing: moment)) }

    /// The month of the day.
    public init(containing day: Day) { self.init(index: day.year * 12 + day.month - 1) }

    public var text: String { "\(padded(year, 4))-\(padded(month, 2))" }
    public var firstDay: Day { Day(number: Day.number(year: year, month: month, day: 1)) }
    public var lastDay: Day { next.firstDay.adding(days: -1) }
    public var next: DuesMonth { adding(months: 1) }
    public var previous: DuesMonth { adding(months: -1) }

    /// The month so many months later, or earlier when negative.
    public func adding(months: Int) -> DuesMonth { DuesMonth(index: index + months) }

    /// How many months lie between; negative when `other` is earlier.
    public func months(until other: DuesMonth) -> Int { other.index - index }

    public static func < (left: DuesMonth, right: DuesMonth) -> Bool { left.index < right.index }

    private static func invalid(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "dues-month.form", vietnamese: "Kỳ đảng phí phải có dạng năm-tháng, ví dụ 2026-05.",
            english: "The dues month must be written year-month, for example 2026-05.")
    }
}

extension DuesMonth: Strideable {
    public func distance(to other: DuesMonth) -> Int { months(until: other) }
    public func advanced(by count: Int) -> DuesMonth { adding(months: count) }
}

extension Day {
    /// The same day so many months later, or the last one of a shorter month.
    public func adding(months: Int) -> Day {
        let month = DuesMonth(containing: self).adding(months: months)
        return min(month.firstDay.adding(days: dayOfMonth - 1), month.lastDay)
    }
}
