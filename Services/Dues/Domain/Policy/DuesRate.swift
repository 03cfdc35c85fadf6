public import Contracts

/// How the monthly dues (mức đóng đảng phí) of one category are found.
public enum DuesRate: Hashable, Sendable {
    /// A share of the member's own figure: salary, benefit, pension or allowance.
    case shareOfBase(BasisPoints, figure: FigureMonth)
    /// A share of the monthly minimum wage of the region.
    case shareOfMinimum(BasisPoints)
    /// The same for everyone.
    case fixed(Dong)
    /// What the body fixed for the member, within these bounds.
    case fixedByBody(ClosedRange<Dong>)

    /// Of which month a figure must be for the dues to be final.
    public enum FigureMonth: String, Codable, Hashable, Sendable, CaseIterable {
        /// The month before the one the dues are for.
        case monthBefore = "month-before"
        /// It holds until another is known.
        case standing
    }
}

/// What a state of membership means for the dues of a month.
public enum DuesDuty: String, Codable, Hashable, Sendable, CaseIterable {
    case owed
    /// Between two organisations: assessed there at admission, no arrears meanwhile.
    case held
    /// Nothing is owed.
    case none
}
