public import Foundation

/// The month of an organisation was closed: what it keeps, and what it owes to its superior.
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
    /// What was divided: what came in, less what the month before left over.
    public let collected: Dong
    /// What it keeps.
    public let kept: Dong
    /// What it passes on; with `kept` always what was divided.
    public let passed: Dong
    /// The payment order, when paid through the portal.
    public let orderId: OrderID?
    /// The last day on which the money is in time.
    public let dueOn: Day?
    /// When.
    public let madeAt: Date

    public init(
        remittanceId: RemittanceID, fromOrganizationId: OrganizationID, toOrganizationId: OrganizationID,
        month: DuesMonth, collected: Dong, kept: Dong, passed: Dong, orderId: OrderID? = nil, dueOn: Day? = nil,
        madeAt: Date
    ) {
        self.remittanceId = remittanceId
        self.fromOrganizationId = fromOrganizationId
        self.toOrganizationId = toOrganizationId
        self.month = month
        self.collected = collected
        self.kept = kept
        self.passed = passed
        self.orderId = orderId
        self.dueOn = dueOn
        self.madeAt = madeAt
    }
}

/// The superior has what an organisation passed up; from now on it is the superior's to divide.
public struct RemittanceAcknowledged: EventPayload, Hashable {
    public static let type = "hoso.remittance.acknowledged.v1"
    public static let topic = TopicCatalogue.remittances

    /// The remittance; also the key.
    public let remittanceId: RemittanceID
    /// Who passed on.
    public let fromOrganizationId: OrganizationID
    /// Who has it.
    public let toOrganizationId: OrganizationID
    /// The month.
    public let month: DuesMonth
    /// What was passed on.
    public let passed: Dong
    /// How it came there.
    public let how: How
    /// When.
    public let acknowledgedAt: Date

    /// How the money came to the superior.
    public enum How: String, Codable, Hashable, Sendable, CaseIterable {
        /// It stood on the superior's account already.
        case setOff = "set-off"
        /// The superior confirmed that it came.
        case confirmed
    }

    public init(
        remittanceId: RemittanceID, fromOrganizationId: OrganizationID, toOrganizationId: OrganizationID,
        month: DuesMonth, passed: Dong, how: How, acknowledgedAt: Date
    ) {
        self.remittanceId = remittanceId
        self.fromOrganizationId = fromOrganizationId
        self.toOrganizationId = toOrganizationId
        self.month = month
        self.passed = passed
        self.how = how
        self.acknowledgedAt = acknowledgedAt
    }
}

/// What an organisation owes to its superior did not come in time.
public struct RemittanceOverdue: EventPayload, Hashable {
    public static let type = "hoso.remittance.overdue.v1"
    public static let topic = TopicCatalogue.remittances

    /// The remittance; also the key.
    public let remittanceId: RemittanceID
    /// Who has to pass on.
    public let fromOrganizationId: OrganizationID
    /// Who waits for it.
    public let toOrganizationId: OrganizationID
    /// The month.
    public let month: DuesMonth
    /// What is owed.
    public let passed: Dong
    /// The last day on which it would have been in time.
    public let dueOn: Day
    /// How often it was said; 1 the first time.
    public let reminder: Int
    /// When.
    public let remindedAt: Date

    public init(
        remittanceId: RemittanceID, fromOrganizationId: OrganizationID, toOrganizationId: OrganizationID,
        month: DuesMonth, passed: Dong, dueOn: Day, reminder: Int, remindedAt: Date
    ) {
        self.remittanceId = remittanceId
        self.fromOrganizationId = fromOrganizationId
        self.toOrganizationId = toOrganizationId
        self.month = month
        self.passed = passed
        self.dueOn = dueOn
        self.reminder = reminder
        self.remindedAt = remindedAt
    }
}
