public import Contracts

/// All dated rules of the dues: the rules in force in the dues month apply.
public struct DuesPolicyBook: Hashable, Sendable {
    public let rates: [RatePolicy]
    public let minima: [RegionalMinima]
    public let splits: [SplitTable]

    /// The book, or the fault: versions must come in the order of their months.
    public init(rates: [RatePolicy], minima: [RegionalMinima], splits: [SplitTable]) throws(PolicyFault) {
        try Self.requireOrder(rates.map(\.from), place: "rates")
        try Self.requireOrder(minima.map(\.from), place: "minima")
        try Self.requireOrder(splits.map(\.from), place: "splits")
        self.rates = rates
        self.minima = minima
        self.splits = splits
    }

    /// The rules of the month; throws for months before the first version.
    public func rules(for month: DuesMonth) throws(NoPolicyInForce) -> MonthRules {
        guard let rates = rates.last(where: { $0.from <= month }),
            let minima = minima.last(where: { $0.from <= month })
        else { throw NoPolicyInForce(month: month) }
        return MonthRules(month: month, rates: rates, minima: minima)
    }

    /// What the organisation keeps of what came in for the month, and what it passes up.
    public func split(
        _ amount: Dong, at place: OrganizationPlace, for month: DuesMonth
    ) throws(NoPolicyInForce) -> Dong.Split {
        guard let share = splits.last(where: { $0.from <= month })?.share(keptBy: place) else {
            throw NoPolicyInForce(month: month)
        }
        return amount.split(keeping: share)
    }

    private static func requireOrder(_ months: [DuesMonth], place: String) throws(PolicyFault) {
        guard !months.isEmpty else { throw PolicyFault(place: place, reason: "is empty") }
        guard zip(months, months.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw PolicyFault(place: place, reason: "must be in the order of `from`, each month once")
        }
    }
}

/// The rules that hold for one month.
public struct MonthRules: Hashable, Sendable {
    public let month: DuesMonth
    public let rates: RatePolicy
    public let minima: RegionalMinima
}

/// No rules are known for the month.
public struct NoPolicyInForce: Error, Hashable, Sendable {
    public let month: DuesMonth

    public init(month: DuesMonth) { self.month = month }
}

extension DuesPolicyBook {
    /// The rate of a category by the version that an assessment names.
    public func rate(of category: DuesCategory, policy version: String) -> DuesRate? {
        rates.first { $0.version == version }?.rate(of: category)
    }
}
