public import Foundation

/// An officer recorded what became of the sealed paper file that the member carries to the receiving side.
public struct CasePaperFileRecorded: EventPayload, Hashable {
    public static let type = "hoso.case.paper-file-recorded.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The member whose file it is.
    public let memberId: MemberID
    /// What became of it.
    public let state: PaperFileState
    /// The day on which it happened; of a police confirmation its own day.
    public let on: Day
    /// The organisation that recorded it.
    public let organizationId: OrganizationID
    /// The number of the police confirmation; absent for anything else.
    public let reference: String?
    /// Which police confirmed the loss; absent for anything else.
    public let police: String?
    /// When it was recorded.
    public let recordedAt: Date

    public init(
        dossierId: DossierID, memberId: MemberID, state: PaperFileState, on day: Day, organizationId: OrganizationID,
        reference: String? = nil, police: String? = nil, recordedAt: Date
    ) {
        self.dossierId = dossierId
        self.memberId = memberId
        self.state = state
        self.on = day
        self.organizationId = organizationId
        self.reference = reference
        self.police = police
        self.recordedAt = recordedAt
    }
}
