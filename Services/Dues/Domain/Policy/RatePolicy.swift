public import Contracts

/// The rules of the monthly dues that hold from a month on, until a later version.
public struct RatePolicy: Hashable, Sendable {
    /// The name of the version, kept with every assessment.
    public let version: String
    /// The regulation behind it.
    public let basis: String
    /// The first month it is used for.
    public let from: DuesMonth
    public let rounding: DongRounding
    /// Members of so many years are exempt.
    public let exemptAfterYears: Int
    /// Which category wins when several fit, the first first.
    public let precedence: [DuesCategory]
    private let rates: [DuesCategory: DuesRate]
    private let duties: [MembershipState: DuesDuty]

    /// A version of the rules, or the faults in it: every category needs a rate and every state a duty.
    ///
    /// - Parameter place: where it stands in its document.
    public init(
        version: String, basis: String, from: DuesMonth, rounding: DongRounding, exemptAfterYears: Int,
        rates: [DuesCategory: DuesRate], precedence: [DuesCategory], duties: [MembershipState: DuesDuty], place: String
    ) throws(PolicyFaults) {
        var faults = PolicyReader()
        for category in DuesCategory.allCases where rates[category] == nil {
            faults.missing("\(place).categories.\(category.rawValue)")
        }
        for state in MembershipState.allCases where duties[state] == nil {
            faults.missing("\(place).states.\(state.rawValue)")
        }
        if Set(precedence) != Set(DuesCategory.allCases) || precedence.count != DuesCategory.allCases.count {
            faults.add(
                "\(place).precedence", "policy.precedence", "Mỗi đối tượng phải có mặt đúng một lần.",
                "Each category must stand there once.")
        }
        try PolicyFaults.require(faults.faults)
        self.version = version
        self.basis = basis
        self.from = from
        self.rounding = rounding
        self.exemptAfterYears = exemptAfterYears
        self.rates = rates
        self.precedence = precedence
        self.duties = duties
    }

    /// How the dues of the category are found.
    public func rate(of category: DuesCategory) -> DuesRate {
        // The initializer refuses a table without one of the categories.
        rates[category] ?? .fixed(.zero)
    }

    /// What the state of membership means for the dues.
    public func duty(in state: MembershipState) -> DuesDuty { duties[state] ?? .none }

    /// The one category of a month, of those that fit.
    public func category(among candidates: Set<DuesCategory>) -> DuesCategory? {
        precedence.first(where: candidates.contains)
    }
}
