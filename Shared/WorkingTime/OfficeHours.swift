public import Contracts

/// The timetable of an organisation (giờ làm việc): the same stretches on every working day.
public struct OfficeHours: Hashable, Sendable {
    /// One stretch, in minutes after midnight.
    public struct Period: Hashable, Sendable {
        public let opens: Int
        public let closes: Int
    }

    /// In order, apart from each other, never empty.
    public let periods: [Period]

    /// A timetable of stretches given as minutes after midnight, or what is wrong with it.
    public init(minutes: [(opens: Int, closes: Int)], field: String = "officeHours") throws(InvalidValue) {
        guard !minutes.isEmpty else {
            throw OfficeHours.invalid(field, "office-hours.empty", "không có khung giờ nào", "there is no stretch")
        }
        for (index, period) in minutes.enumerated() {
            guard period.opens >= 0, period.opens < period.closes, period.closes <= 24 * 60 else {
                throw OfficeHours.invalid(
                    "\(field)[\(index)]", "office-hours.order", "giờ đóng cửa phải sau giờ mở cửa",
                    "it must close after it opens, on the same day")
            }
            guard index == 0 || minutes[index - 1].closes < period.opens else {
                throw OfficeHours.invalid(
                    "\(field)[\(index)]", "office-hours.overlap", "các khung giờ phải theo thứ tự và tách nhau",
                    "stretches must be in order and apart from each other")
            }
        }
        periods = minutes.map { Period(opens: $0.opens, closes: $0.closes) }
    }

    /// A timetable of stretches such as `[["08:00", "12:00"], ["13:00", "17:00"]]`.
    public init(texts: [[String]], field: String = "officeHours") throws(InvalidValue) {
        var minutes: [(opens: Int, closes: Int)] = []
        for (index, pair) in texts.enumerated() {
            guard pair.count == 2, let opens = OfficeHours.minute(pair[0]), let closes = OfficeHours.minute(pair[1])
            else {
                throw OfficeHours.invalid(
                    "\(field)[\(index)]", "office-hours.form", "mỗi khung giờ có dạng 08:00 và 12:00",
                    "each stretch is two times such as 08:00 and 12:00")
            }
            minutes.append((opens, closes))
        }
        try self.init(minutes: minutes, field: field)
    }

    /// The timetable an organisation published.
    public init(_ periods: [OrganizationState.OpeningPeriod], field: String = "officeHours") throws(InvalidValue) {
        try self.init(texts: periods.map { [$0.opens, $0.closes] }, field: field)
    }

    /// Minutes of work in a day.
    public var minutesPerDay: Int { periods.reduce(0) { $0 + $1.closes - $1.opens } }
    /// Minutes after midnight at which the day's work ends.
    public var closing: Int { periods.last?.closes ?? 0 }

    private static func minute(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - 0x30 }
        guard digits.allSatisfy((0...9).contains) else { return nil }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard minute < 60, hour < 24 || (hour == 24 && minute == 0) else { return nil }
        return hour * 60 + minute
    }

    private static func invalid(_ field: String, _ rule: String, _ vietnamese: String, _ english: String)
        -> InvalidValue
    {
        InvalidValue(
            field: field, rule: rule, vietnamese: "Giờ làm việc không hợp lệ: \(vietnamese).",
            english: "The office hours are not valid: \(english).")
    }
}
