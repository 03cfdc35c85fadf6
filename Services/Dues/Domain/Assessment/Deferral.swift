public import Contracts

/// A decision that a member who is temporarily excused pays the dues of some months later (chậm nộp đảng phí).
///
/// The months are owed; they are in arrears once the due month has passed.
public struct Deferral: Hashable, Sendable {
    public let months: DecidedMonths
    /// The month by whose end they are paid.
    public let due: DuesMonth

    /// The farthest due month, counted from the last deferred one.
    public static let longest = 12

    /// A decision, or the rule it breaks.
    public init(
        from: DuesMonth, through: DuesMonth, due: DuesMonth, revokedFrom: DuesMonth? = nil
    ) throws(InvalidValue) {
        guard from <= through else {
            throw InvalidValue(
                field: "through", rule: "deferral.period", vietnamese: "Tháng cuối phải sau tháng đầu.",
                english: "The last month lies before the first.")
        }
        guard (1...Self.longest).contains(through.months(until: due)) else {
            throw InvalidValue(
                field: "due", rule: "deferral.due",
                vietnamese: "Hạn nộp phải sau tháng cuối, chậm nhất \(Self.longest) tháng.",
                english: "The due month must come after the last month, by \(Self.longest) months at most.")
        }
        months = DecidedMonths(from: from, through: through, revokedFrom: revokedFrom)
        self.due = due
    }

    public func overlaps(_ other: Deferral) -> Bool { months.overlaps(other.months) }

    /// Only who is temporarily excused may pay later.
    public static func fault(ofState state: MembershipState) -> InvalidValue? {
        guard state != .temporarilyExcused else { return nil }
        return InvalidValue(
            field: "memberId", rule: "deferral.state", vietnamese: "Chỉ đảng viên được tạm miễn mới được chậm nộp.",
            english: "Only a member who is temporarily excused may pay later.")
    }

    /// Whether the month is not in arrears yet.
    public func shields(_ month: DuesMonth, present: DuesMonth) -> Bool { months.contains(month) && present <= due }
}
