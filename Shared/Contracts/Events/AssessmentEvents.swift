public import Foundation

/// What a member owes for a month was computed, or computed anew.
public struct AssessmentMade: EventPayload, Hashable {
    public static let type = "hoso.assessment.made.v1"
    public static let topic = TopicCatalogue.assessments

    /// The assessment; also the key.
    public let assessmentId: AssessmentID
    /// Who owes.
    public let memberId: MemberID
    /// The cell to which it is owed.
    public let organizationId: OrganizationID
    /// The month.
    public let month: DuesMonth
    /// What is owed; 0 when exempt.
    public let amount: Dong
    /// The row of the table used; absent when none was known.
    public let category: DuesCategory?
    /// The figure used.
    public let base: DuesBase?
    /// The version of the policy used.
    public let policy: String
    /// Whether the figure may still be adjusted.
    public let provisional: Bool
    /// What was owed before, when this adjusts it.
    public let previousAmount: Dong?
    /// Why it is 0, reduced or adjusted, as a stable name.
    public let reason: String?
    /// When.
    public let madeAt: Date

    public init(
        assessmentId: AssessmentID, memberId: MemberID, organizationId: OrganizationID, month: DuesMonth, amount: Dong,
        category: DuesCategory? = nil, base: DuesBase? = nil, policy: String, provisional: Bool,
        previousAmount: Dong? = nil, reason: String? = nil, madeAt: Date
    ) {
        self.assessmentId = assessmentId
        self.memberId = memberId
        self.organizationId = organizationId
        self.month = month
        self.amount = amount
        self.category = category
        self.base = base
        self.policy = policy
        self.provisional = provisional
        self.previousAmount = previousAmount
        self.reason = reason
        self.madeAt = madeAt
    }
}
