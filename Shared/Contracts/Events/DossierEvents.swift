public import Foundation

/// A dossier arrived complete and was acknowledged.
public struct DossierSubmitted: EventPayload, Hashable {
    public static let type = "hoso.dossier.submitted.v1"
    public static let topic = TopicCatalogue.dossiers

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The code of the dossier.
    public let code: DossierCode
    /// The procedure.
    public let procedure: ProcedureCode
    /// The version of the procedure's definition that the dossier keeps.
    public let procedureVersion: Int
    /// For whom the dossier is.
    public let applicantMemberId: MemberID
    /// Who entered it: the applicant or a delegate.
    public let enteredByMemberId: MemberID
    /// The body that received it.
    public let receivingOrganizationId: OrganizationID
    /// The official time of receipt.
    public let receivedAt: Date
    /// When the acknowledgement was given.
    public let acknowledgedAt: Date
    /// By when the receiving body must act on it.
    public let deadline: Deadline
    /// The form as it was filled in, an object by the names of its fields.
    public let form: JSONValue
    /// The files that came with it.
    public let attachments: [Attachment]

    public init(
        dossierId: DossierID, code: DossierCode, procedure: ProcedureCode, procedureVersion: Int,
        applicantMemberId: MemberID, enteredByMemberId: MemberID, receivingOrganizationId: OrganizationID,
        receivedAt: Date, acknowledgedAt: Date, deadline: Deadline, form: JSONValue, attachments: [Attachment]
    ) {
        self.dossierId = dossierId
        self.code = code
        self.procedure = procedure
        self.procedureVersion = procedureVersion
        self.applicantMemberId = applicantMemberId
        self.enteredByMemberId = enteredByMemberId
        self.receivingOrganizationId = receivingOrganizationId
        self.receivedAt = receivedAt
        self.acknowledgedAt = acknowledgedAt
        self.deadline = deadline
        self.form = form
        self.attachments = attachments
    }

    /// A file of the dossier; its contents stay at intake.
    public struct Attachment: Codable, Hashable, Sendable {
        /// The id of the file.
        public let id: AttachmentID
        /// The name the applicant gave it.
        public let name: String
        /// The media type found by looking into it.
        public let mediaType: String
        /// The size in bytes.
        public let size: Int64
        /// The digest of the contents.
        public let sha256: ContentDigest

        public init(id: AttachmentID, name: String, mediaType: String, size: Int64, sha256: ContentDigest) {
            self.id = id
            self.name = name
            self.mediaType = mediaType
            self.size = size
            self.sha256 = sha256
        }
    }
}

/// The applicant sent what a body asked him for: the dossier goes on.
public struct DossierSupplemented: EventPayload, Hashable {
    public static let type = "hoso.dossier.supplemented.v1"
    public static let topic = TopicCatalogue.dossiers

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The running number of the supplement within its dossier, from 1.
    public let number: Int
    /// The request that it answers, by its number among the events of the case.
    public let requestSequence: Int64
    /// Who sent it.
    public let byMemberId: MemberID
    /// When it came.
    public let suppliedAt: Date
    /// The whole form as it stands now, an object by the names of its fields.
    public let form: JSONValue
    /// The names of the fields that it added, changed or emptied.
    public let changedFields: [String]
    /// The files that came with it.
    public let attachments: [DossierSubmitted.Attachment]

    public init(
        dossierId: DossierID, number: Int, requestSequence: Int64, byMemberId: MemberID, suppliedAt: Date,
        form: JSONValue, changedFields: [String], attachments: [DossierSubmitted.Attachment]
    ) {
        self.dossierId = dossierId
        self.number = number
        self.requestSequence = requestSequence
        self.byMemberId = byMemberId
        self.suppliedAt = suppliedAt
        self.form = form
        self.changedFields = changedFields
        self.attachments = attachments
    }
}

/// The applicant took a dossier back.
public struct DossierWithdrawn: EventPayload, Hashable {
    public static let type = "hoso.dossier.withdrawn.v1"
    public static let topic = TopicCatalogue.dossiers

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// When.
    public let withdrawnAt: Date
    /// Who withdrew it: the applicant or a delegate.
    public let byMemberId: MemberID
    /// The reason, when one was given.
    public let reason: String?

    public init(dossierId: DossierID, withdrawnAt: Date, byMemberId: MemberID, reason: String? = nil) {
        self.dossierId = dossierId
        self.withdrawnAt = withdrawnAt
        self.byMemberId = byMemberId
        self.reason = reason
    }
}
