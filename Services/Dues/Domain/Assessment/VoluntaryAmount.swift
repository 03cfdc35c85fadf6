public import Contracts

/// A decision that a member pays a higher amount than he owes, as he wishes himself (tự nguyện đóng mức cao hơn): the cell
/// reports it, the superior approves (dues.md).
///
/// In a month for which more is owed it changes nothing.
public struct VoluntaryAmount: Hashable, Sendable {
    /// What he pays for each month.
    public let amount: Dong
    public let months: DecidedMonths

    /// A decision, or the rule it breaks.
    public init(
        amount: Dong, from: DuesMonth, through: DuesMonth?, revokedFrom: DuesMonth? = nil
    ) throws(InvalidValue) {
        guard amount > .zero, amount <= Self.highest else {
            throw InvalidValue(
                field: "amount", rule: "voluntary-amount.range",
                vietnamese: "Mức tự nguyện phải từ 1 đến \(Self.highest).",
                english: "The voluntary amount must be 1 to \(Self.highest).")
        }
        guard through.map({ $0 >= from }) ?? true else {
            throw InvalidValue(
                field: "through", rule: "voluntary-amount.period", vietnamese: "Tháng cuối phải sau tháng đầu.",
                english: "The last month lies before the first.")
        }
        self.amount = amount
        months = DecidedMonths(from: from, through: through, revokedFrom: revokedFrom)
    }

    /// More than this is taken for a slip of the pen.
    public static let highest = Dong(1_000_000_000)

    public func overlaps(_ other: VoluntaryAmount) -> Bool { months.overlaps(other.months) }
}
