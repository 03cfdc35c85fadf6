public import Foundation

/// An organisation passed its share of a month up to its parent.
public struct RemittanceMade: EventPayload, Hashable {
    public static let type = "hoso.remittance.made.v1"
    public static let topic = TopicCatalogue.remittances

    /// The remittance; also the key.
    public let remittanceId: RemittanceID
    /// Who passes on.
    public let fromOrganizationId: OrganizationID
    /// Who receives.
    public let toOrganizationId: OrganizationID
    /// The month.
    public let month: DuesMonth
    /// What came in.
    public let collected: Dong
    /// What it keeps.
    public let kept: Dong
    /// What it passes on; with `kept` always what came in.
    public let passed: Dong
    /// The payment order, when paid through the portal.
    public let orderId: OrderID?
    /// When.
    public let madeAt: Date

    public init(
        remittanceId: RemittanceID, fromOrganizationId: OrganizationID, toOrganizationId: OrganizationID,
        month: DuesMonth, collected: Dong, kept: Dong, passed: Dong, orderId: OrderID? = nil, madeAt: Date
    ) {
        self.remittanceId = remittanceId
        self.fromOrganizationId = fromOrganizationId
        self.toOrganizationId = toOrganizationId
        self.month = month
        self.collected = collected
        self.kept = kept
        self.passed = passed
        self.orderId = orderId
        self.madeAt = madeAt
    }
}
