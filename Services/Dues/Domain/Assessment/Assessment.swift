public import Contracts

/// What a member owes for a month (số đảng phí phải đóng), with everything it was computed from.
public struct Assessment: Hashable, Sendable {
    public let memberId: MemberID
    public let cellId: OrganizationID
    public let month: DuesMonth
    /// What is owed; 0 when exempt or when nothing can be computed yet.
    public let amount: Dong
    /// What would be owed without a relief.
    public let fullAmount: Dong
    /// What the member pays as he wishes himself, where it is more than he would owe.
    public let voluntary: Dong?
    public let category: DuesCategory?
    public let base: DuesBase?
    /// Whom the base is of and when it came, where an authority reported it.
    public let origin: FigureOrigin?
    /// The regional minimum wage, where the category is measured by it.
    public let minimum: Dong?
    public let rate: DuesRate?
    /// The part that is not owed.
    public let reduction: BasisPoints?
    /// The version of the rates.
    public let policy: String
    /// Whether it is adjusted when a better figure comes.
    public let provisional: Bool
    public let reason: AssessmentReason?

    public init(
        memberId: MemberID, cellId: OrganizationID, month: DuesMonth, amount: Dong, fullAmount: Dong,
        voluntary: Dong? = nil, category: DuesCategory?, base: DuesBase?, origin: FigureOrigin? = nil, minimum: Dong?,
        rate: DuesRate?, reduction: BasisPoints?, policy: String, provisional: Bool, reason: AssessmentReason?
    ) {
        self.memberId = memberId
        self.cellId = cellId
        self.month = month
        self.amount = amount
        self.fullAmount = fullAmount
        self.voluntary = voluntary
        self.category = category
        self.base = base
        self.origin = origin
        self.minimum = minimum
        self.rate = rate
        self.reduction = reduction
        self.policy = policy
        self.provisional = provisional
        self.reason = reason
    }
}

/// Why an assessment is 0, reduced or uncertain, by its stable name.
public enum AssessmentReason: String, Codable, Hashable, Sendable, CaseIterable {
    /// Fifty years of membership or more.
    case longMembership = "long-membership"
    case socialPension = "social-pension"
    case poorHousehold = "poor-household"
    case seriousIllness = "serious-illness"
    case hardship
    /// No category is known.
    case noCategory = "no-category"
    /// The category needs a figure and none was ever known.
    case noFigure = "no-figure"
    /// The last known figure is of another month than it should be.
    case oldFigure = "old-figure"
    /// Several employers reported for the month before and the cell has not settled which counts; the last known figure
    /// is used.
    case contradictoryFigure = "contradictory-figure"
    /// What the body fixed lies outside the bounds; the nearest bound is used until the body corrects it.
    case outsideBounds = "outside-bounds"

    init(_ ground: Relief.Ground) {
        switch ground {
        case .socialPension: self = .socialPension
        case .poorHousehold: self = .poorHousehold
        case .seriousIllness: self = .seriousIllness
        case .hardship: self = .hardship
        }
    }
}

/// What a month means for a member.
public enum MonthOutcome: Hashable, Sendable {
    case assessed(Assessment)
    /// Between two organisations: assessed by the receiving one at admission.
    case held
    /// No dues for this month: not yet a member, or no longer.
    case notOwed
}
