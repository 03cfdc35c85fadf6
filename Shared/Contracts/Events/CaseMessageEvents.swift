public import Foundation

/// A message was added to the thread between the applicant and the bodies that handle a case; its text is not told.
public struct CaseMessagePosted: EventPayload, Hashable {
    public static let type = "hoso.case.message-posted.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The message.
    public let messageId: UUIDv7
    /// Who wrote it.
    public let byMemberId: MemberID
    /// The body that speaks; absent when it is the applicant.
    public let organizationId: OrganizationID?
    /// When.
    public let at: Date

    public init(
        dossierId: DossierID, messageId: UUIDv7, byMemberId: MemberID, organizationId: OrganizationID? = nil, at: Date
    ) {
        self.dossierId = dossierId
        self.messageId = messageId
        self.byMemberId = byMemberId
        self.organizationId = organizationId
        self.at = at
    }
}
