public import Foundation

/// The deadline of a turn comes near, has passed, or has passed for so long that the superior is told.
public struct CaseDeadlineAlert: EventPayload, Hashable {
    public static let type = "hoso.case.deadline-alert.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The turn, counted from 1.
    public let turn: Int
    /// The step, by its name in the definition.
    public let step: String
    /// How far it has come.
    public let level: DeadlineAlertLevel
    /// The organisation whose turn it is.
    public let organizationId: OrganizationID
    /// Where those are who are told: whoever acts, of an escalation the superior; absent when there is nobody.
    public let toldOrganizationId: OrganizationID?
    /// The role of those who are told; absent when there is nobody.
    public let toldRole: RoleName?
    /// The deadline.
    public let due: Deadline
    /// When it was noticed.
    public let at: Date

    public init(
        dossierId: DossierID, turn: Int, step: String, level: DeadlineAlertLevel, organizationId: OrganizationID,
        toldOrganizationId: OrganizationID? = nil, toldRole: RoleName? = nil, due: Deadline, at: Date
    ) {
        self.dossierId = dossierId
        self.turn = turn
        self.step = step
        self.level = level
        self.organizationId = organizationId
        self.toldOrganizationId = toldOrganizationId
        self.toldRole = toldRole
        self.due = due
        self.at = at
    }
}

/// The deadline of a turn is another one than was told before.
public struct CaseDeadlineMoved: EventPayload, Hashable {
    public static let type = "hoso.case.deadline-moved.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The turn, counted from 1.
    public let turn: Int
    /// The step, by its name in the definition.
    public let step: String
    /// The organisation whose turn it is.
    public let organizationId: OrganizationID
    /// Why, as a stable name: `calendar` or `resumed`.
    public let reason: String
    /// What held before.
    public let before: Deadline
    /// What holds now.
    public let after: Deadline
    /// When it was computed.
    public let at: Date

    public init(
        dossierId: DossierID, turn: Int, step: String, organizationId: OrganizationID, reason: String,
        before: Deadline, after: Deadline, at: Date
    ) {
        self.dossierId = dossierId
        self.turn = turn
        self.step = step
        self.organizationId = organizationId
        self.reason = reason
        self.before = before
        self.after = after
        self.at = at
    }
}
