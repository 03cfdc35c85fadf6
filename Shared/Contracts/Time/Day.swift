public import Foundation

/// A calendar day in Vietnam (+07:00, no daylight saving), written `2026-11-20`.
public struct Day: CheckedText {
    public static var fieldName: String { "day" }
    /// Vietnam's offset from UTC in seconds.
    public static let zoneOffset: Int64 = 7 * 3_600

    /// Days since 1970-01-01.
    public let number: Int

    /// The day so many days after 1970-01-01.
    public init(number: Int) { self.number = number }

    /// The day of the calendar, or what is wrong with it.
    public init(year: Int, month: Int, day: Int, field: String = Day.fieldName) throws(InvalidValue) {
        guard (1...9_999).contains(year), (1...12).contains(month),
            (1...Day.length(ofMonth: month, year: year)).contains(day)
        else { throw Day.invalid(field) }
        number = Day.number(year: year, month: month, day: day)
    }

    public init(checking text: String, field: String) throws(InvalidValue) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2,
            let year = parts[0].plainNumber, let month = parts[1].plainNumber, let day = parts[2].plainNumber
        else { throw Day.invalid(field) }
        try self.init(year: year, month: month, day: day, field: field)
    }

    /// The day on which the moment falls in Vietnam.
    public init(containing moment: Date) {
        // Clamped, so that no date of the type can overflow the count of days.
        let seconds = min(max(moment.timeIntervalSince1970.rounded(.down), -9e12), 9e12)
        number = floorDivision(Int(seconds) + Int(Day.zoneOffset), 86_400)
    }

    /// The moment at which the day begins in Vietnam.
    public var start: Date { Date(timeIntervalSince1970: TimeInterval(Int64(number) * 86_400 - Day.zoneOffset)) }

    /// The moment so many minutes after the day begins; 24:00 is the start of the next day.
    public func moment(minutes: Int) -> Date { start.addingTimeInterval(TimeInterval(minutes * 60)) }

    public var year: Int { components.year }
    public var month: Int { components.month }
    public var dayOfMonth: Int { components.day }
    /// 1 is Monday, 7 is Sunday.
    public var weekday: Int { ((number + 3) % 7 + 7) % 7 + 1 }

    /// The day so many days later, or earlier when negative.
    public func adding(days: Int) -> Day { Day(number: number + days) }

    public var text: String {
        let (year, month, day) = components
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    private static func invalid(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "day.calendar", vietnamese: "Ngày không hợp lệ (dạng năm-tháng-ngày).",
            english: "Not a day of the calendar (year-month-day).")
    }
}

extension Day {
    /// How many days the month has.
    static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Counts days with years that begin in March, so that the leap day comes last.
    static func number(year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? month - 3 : month + 9
        let marchYear = month > 2 ? year : year - 1
        let leapDays = floorDivision(marchYear, 4) - floorDivision(marchYear, 100) + floorDivision(marchYear, 400)
        return marchYear * 365 + leapDays + (shifted * 153 + 2) / 5 + day - 1 - 719_468
    }

    var components: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = floorDivision(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (dayOfYear * 5 + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (marchMonth * 153 + 2) / 5 + 1)
    }
}

func floorDivision(_ value: Int, _ divisor: Int) -> Int {
    value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
}

/// The number with leading zeros up to `width`.
func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
