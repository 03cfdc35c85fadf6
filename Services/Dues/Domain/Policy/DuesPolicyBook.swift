public import Contracts

/// All dated rules of the dues: the rules in force in the dues month apply.
public struct DuesPolicyBook: Hashable, Sendable {
    public let rates: [RatePolicy]
    public let minima: [RegionalMinima]
    public let splits: [SplitTable]

    /// The book, or the faults: versions come in the order of their months, each under a name of its own.
    public init(rates: [RatePolicy], minima: [RegionalMinima], splits: [SplitTable]) throws(PolicyFaults) {
        try PolicyFaults.require(
            Self.orderFaults(rates.map(\.from), "rates") + Self.orderFaults(minima.map(\.from), "minima")
                + Self.orderFaults(splits.map(\.from), "splits") + Self.nameFaults(rates.map(\.version), "rates")
                + Self.nameFaults(splits.map(\.version), "splits"))
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
        amount.split(keeping: try share(keptBy: place, for: month))
    }

    /// The share of what came in for the month that the organisation keeps.
    public func share(
        keptBy place: OrganizationPlace, for month: DuesMonth
    ) throws(NoPolicyInForce) -> BasisPoints {
        guard let share = splits.last(where: { $0.from <= month })?.share(keptBy: place) else {
            throw NoPolicyInForce(month: month)
        }
        return share
    }

    private static func orderFaults(_ months: [DuesMonth], _ place: String) -> [InvalidValue] {
        months.indices.dropFirst().filter { months[$0] <= months[$0 - 1] }.map { index in
            InvalidValue(
                field: "\(place)[\(index)].from", rule: "policy.order",
                vietnamese: "Phải sau tháng của mục đứng trước.",
                english: "It must come after the month of the entry before.")
        }
    }

    private static func nameFaults(_ names: [String], _ place: String) -> [InvalidValue] {
        names.indices.filter { names[..<$0].contains(names[$0]) }.map { index in
            InvalidValue(
                field: "\(place)[\(index)].version", rule: "policy.version-twice", vietnamese: "Tên phiên bản bị lặp.",
                english: "The name stands for an earlier version already.")
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
    /// The versions of the rates by the names under which assessments keep them.
    public var named: [String: RatePolicy] {
        Dictionary(rates.map { ($0.version, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
