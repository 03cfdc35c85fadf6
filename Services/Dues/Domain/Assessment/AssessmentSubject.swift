public import Contracts

/// What must be known of a member to say what is owed for a month.
public struct AssessmentSubject: Hashable, Sendable {
    public let memberId: MemberID
    /// The cell to which the dues are owed.
    public let cellId: OrganizationID
    public let state: MembershipState
    public let joinedOn: Day
    /// The row of the table; absent when none is known.
    public let category: DuesCategory?
    /// The figure that the member stated or that the body fixed; the last one known.
    public let base: DuesBase?
    /// What authorities reported of single months.
    public let figures: [DuesFigure]
    /// The region of the place of Party activity.
    public let region: DuesRegion
    public let reliefs: [Relief]
    public let voluntaryAmounts: [VoluntaryAmount]
    /// The month of the letter that the member went with; it belongs to the cell that let him go.
    public let letterMonth: DuesMonth?

    public init(
        memberId: MemberID, cellId: OrganizationID, state: MembershipState, joinedOn: Day, category: DuesCategory?,
        base: DuesBase?, figures: [DuesFigure] = [], region: DuesRegion, reliefs: [Relief] = [],
        voluntaryAmounts: [VoluntaryAmount] = [], letterMonth: DuesMonth? = nil
    ) {
        self.memberId = memberId
        self.cellId = cellId
        self.state = state
        self.joinedOn = joinedOn
        self.category = category
        self.base = base
        self.figures = figures
        self.region = region
        self.reliefs = reliefs
        self.voluntaryAmounts = voluntaryAmounts
        self.letterMonth = letterMonth
    }
}
