public import Contracts

/// The months that a decision about a member holds for.
public struct DecidedMonths: Hashable, Sendable {
    public let from: DuesMonth
    /// The last month as it was decided; absent while the ground lasts.
    public let through: DuesMonth?
    /// The first month that it does not hold for any more, by a later decision.
    public let revokedFrom: DuesMonth?

    public init(from: DuesMonth, through: DuesMonth?, revokedFrom: DuesMonth? = nil) {
        self.from = from
        self.through = through
        self.revokedFrom = revokedFrom
    }

    /// The last month it holds for; before `from` when it holds for none; absent without an end.
    public var end: DuesMonth? { [through, revokedFrom?.previous].compactMap(\.self).min() }

    /// Whether it holds in the month.
    public func contains(_ month: DuesMonth) -> Bool { from <= month && end.map { month <= $0 } ?? true }

    /// Whether some month belongs to both.
    public func overlaps(_ other: DecidedMonths) -> Bool {
        let later = max(from, other.from)
        return contains(later) && other.contains(later)
    }

    /// The fault of a revocation from this month on: some month must be left that it holds for.
    public func fault(ofRevocationFrom month: DuesMonth) -> InvalidValue? {
        guard !contains(month) else { return nil }
        return InvalidValue(
            field: "from", rule: "decision.months", vietnamese: "Quyết định không có hiệu lực trong tháng này.",
            english: "The decision does not hold in this month.")
    }
}
