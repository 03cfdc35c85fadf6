public import Foundation

/// A case waits for its applicant: something is missing, and the clock stands still until it comes.
public struct CaseSupplementRequested: EventPayload, Hashable {
    public static let type = "hoso.case.supplement-requested.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The step that waits.
    public let step: String
    /// The body that asks.
    public let organizationId: OrganizationID
    /// Who asks.
    public let byMemberId: MemberID
    /// What is missing, as the applicant reads it.
    public let reason: String
    /// When.
    public let requestedAt: Date

    public init(
        dossierId: DossierID, step: String, organizationId: OrganizationID, byMemberId: MemberID, reason: String,
        requestedAt: Date
    ) {
        self.dossierId = dossierId
        self.step = step
        self.organizationId = organizationId
        self.byMemberId = byMemberId
        self.reason = reason
        self.requestedAt = requestedAt
    }
}

/// A signed correction was added to a box of a letter; the box itself stands.
public struct CaseBoxCorrected: EventPayload, Hashable {
    public static let type = "hoso.case.box-corrected.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The number of the box.
    public let box: Int
    /// The body that signed the box.
    public let organizationId: OrganizationID
    /// The correction as it is printed beside the box.
    public let text: String
    /// Who signed it.
    public let byMemberId: MemberID
    /// When.
    public let at: Date

    public init(
        dossierId: DossierID, box: Int, organizationId: OrganizationID, text: String, byMemberId: MemberID, at: Date
    ) {
        self.dossierId = dossierId
        self.box = box
        self.organizationId = organizationId
        self.text = text
        self.byMemberId = byMemberId
        self.at = at
    }
}
