public import Contracts

/// What no public text settles about deadlines, as configuration.
public struct DeadlineRules: Hashable, Sendable {
    /// How a receipt outside office hours counts towards a limit in working days.
    public enum OutsideHours: String, Codable, Hashable, Sendable {
        /// As received at the next opening, which may be another day.
        case nextOpening = "next-opening"
        /// As received on the day it came.
        case asReceived = "as-received"
    }

    public let outsideHours: OutsideHours
    /// How much of the limit is left, in percent, when the officer is warned.
    public let warningPercentLeft: Int
    /// How far the 8-hour limit of article 14.3 can be extended, in working hours.
    public let maximumExtensionHours: Int
    /// How many working hours after the limit the superior is told.
    public let escalationHours: Int

    /// The project's defaults: next opening, 25% left, 8 working hours for an extension and until the superior is told.
    public static let standard = DeadlineRules(
        .nextOpening, warningPercentLeft: 25, maximumExtensionHours: 8, escalationHours: 8)

    /// Rules of an installation, or what is wrong with them.
    public init(
        outsideHours: OutsideHours, warningPercentLeft: Int, maximumExtensionHours: Int, escalationHours: Int = 8
    ) throws(InvalidValue) {
        guard (0...99).contains(warningPercentLeft) else {
            throw InvalidValue(
                field: "warningPercentLeft", rule: "deadline-rules.warning",
                vietnamese: "Ngưỡng cảnh báo từ 0 đến 99%.",
                english: "The warning comes with 0 to 99% left.")
        }
        guard (0...80).contains(maximumExtensionHours) else {
            throw InvalidValue(
                field: "maximumExtensionHours", rule: "deadline-rules.extension",
                vietnamese: "Thời gian gia hạn tối đa từ 0 đến 80 giờ làm việc.",
                english: "The extension is 0 to 80 working hours at most.")
        }
        guard (0...80).contains(escalationHours) else {
            throw InvalidValue(
                field: "escalationHours", rule: "deadline-rules.escalation",
                vietnamese: "Báo cấp trên sau 0 đến 80 giờ làm việc kể từ khi quá hạn.",
                english: "The superior is told 0 to 80 working hours after the limit.")
        }
        self.init(
            outsideHours, warningPercentLeft: warningPercentLeft, maximumExtensionHours: maximumExtensionHours,
            escalationHours: escalationHours)
    }

    private init(
        _ outsideHours: OutsideHours, warningPercentLeft: Int, maximumExtensionHours: Int, escalationHours: Int
    ) {
        self.outsideHours = outsideHours
        self.warningPercentLeft = warningPercentLeft
        self.maximumExtensionHours = maximumExtensionHours
        self.escalationHours = escalationHours
    }
}
