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

    /// A version of the rules, or the fault in it: every category needs a rate and every state a duty.
    public init(
        version: String, basis: String, from: DuesMonth, rounding: DongRounding, exemptAfterYears: Int,
        rates: [DuesCategory: DuesRate], precedence: [DuesCategory], duties: [MembershipState: DuesDuty]
    ) throws(PolicyFault) {
        let place = "rates[\(version)]"
        for category in DuesCategory.allCases where rates[category] == nil {
            throw PolicyFault(place: "\(place).categories", reason: "no rate for \(category.rawValue)")
        }
        for state in MembershipState.allCases where duties[state] == nil {
            throw PolicyFault(place: "\(place).states", reason: "no rule for \(state.rawValue)")
        }
        guard Set(precedence) == Set(DuesCategory.allCases), precedence.count == DuesCategory.allCases.count else {
            throw PolicyFault(place: "\(place).precedence", reason: "each category must stand there once")
        }
        guard (1...150).contains(exemptAfterYears) else {
            throw PolicyFault(place: "\(place).exemptAfterYears", reason: "must be 1 to 150")
        }
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

/// What is wrong with a policy document, and where.
public struct PolicyFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The path in the document, for example `rates[0].categories.student`.
    public let place: String
    public let reason: String

    public init(place: String, reason: String) {
        self.place = place
        self.reason = reason
    }

    public var description: String { "dues policy: \(place): \(reason)" }
}
