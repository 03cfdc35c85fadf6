public import Foundation

/// A case began to run for a dossier.
public struct CaseOpened: EventPayload, Hashable {
    public static let type = "hoso.case.opened.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The code of the dossier.
    public let code: DossierCode
    /// The procedure.
    public let procedure: ProcedureCode
    /// The version of the definition the case keeps.
    public let procedureVersion: Int
    /// Whom the case is about.
    public let memberId: MemberID
    /// Where it begins.
    public let organizationId: OrganizationID
    /// When.
    public let openedAt: Date
    /// The campaign that opened the case; absent where a dossier was submitted. Intake has no dossier of such a case.
    public let campaignId: CampaignID?

    public init(
        dossierId: DossierID, code: DossierCode, procedure: ProcedureCode, procedureVersion: Int, memberId: MemberID,
        organizationId: OrganizationID, openedAt: Date, campaignId: CampaignID? = nil
    ) {
        self.dossierId = dossierId
        self.code = code
        self.procedure = procedure
        self.procedureVersion = procedureVersion
        self.memberId = memberId
        self.organizationId = organizationId
        self.openedAt = openedAt
        self.campaignId = campaignId
    }
}

/// It is now somebody's turn.
public struct CaseStepEntered: EventPayload, Hashable {
    public static let type = "hoso.case.step-entered.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The step, by its name in the definition.
    public let step: String
    /// The number of the box of the letter that is to be filled.
    public let box: Int?
    /// The organisation whose turn it is.
    public let organizationId: OrganizationID
    /// The role that acts there.
    public let role: RoleName
    /// When the step began.
    public let enteredAt: Date
    /// By when it is to be done.
    public let due: Deadline

    public init(
        dossierId: DossierID, step: String, box: Int? = nil, organizationId: OrganizationID, role: RoleName,
        enteredAt: Date, due: Deadline
    ) {
        self.dossierId = dossierId
        self.step = step
        self.box = box
        self.organizationId = organizationId
        self.role = role
        self.enteredAt = enteredAt
        self.due = due
    }
}

/// A step was done.
public struct CaseStepCompleted: EventPayload, Hashable {
    public static let type = "hoso.case.step-completed.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The step, by its name in the definition.
    public let step: String
    /// The number of the box of the letter that was filled.
    public let box: Int?
    /// The organisation that acted.
    public let organizationId: OrganizationID
    /// What was done, by its name in the definition.
    public let action: String
    /// Who acted.
    public let byMemberId: MemberID
    /// The absent officer whom that person stood in for; absent when nobody was.
    public let forMemberId: MemberID?
    /// When.
    public let at: Date
    /// A remark for those who come after.
    public let note: String?

    public init(
        dossierId: DossierID, step: String, box: Int? = nil, organizationId: OrganizationID, action: String,
        byMemberId: MemberID, forMemberId: MemberID? = nil, at: Date, note: String? = nil
    ) {
        self.dossierId = dossierId
        self.step = step
        self.box = box
        self.organizationId = organizationId
        self.action = action
        self.byMemberId = byMemberId
        self.forMemberId = forMemberId
        self.at = at
        self.note = note
    }
}

/// A case needs a signed result.
public struct CaseResultRequested: EventPayload, Hashable {
    public static let type = "hoso.case.result-requested.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The code of the dossier.
    public let dossierCode: DossierCode
    /// The code of the kind of document.
    public let documentType: String
    /// Counts the requests for this kind of document in the case, from 1; higher after a letter is issued anew.
    public let version: Int
    /// Whom the result is about.
    public let memberId: MemberID
    /// The body that issues it.
    public let issuingOrganizationId: OrganizationID
    /// When.
    public let requestedAt: Date
    /// What stands in it.
    public let content: Content
    /// The body to which the result goes back, which may read it; absent where nobody but the member asked.
    public let requestedByOrganizationId: OrganizationID?

    public init(
        dossierId: DossierID, dossierCode: DossierCode, documentType: String, version: Int, memberId: MemberID,
        issuingOrganizationId: OrganizationID, requestedAt: Date, content: Content,
        requestedByOrganizationId: OrganizationID? = nil
    ) {
        self.dossierId = dossierId
        self.dossierCode = dossierCode
        self.documentType = documentType
        self.version = version
        self.memberId = memberId
        self.issuingOrganizationId = issuingOrganizationId
        self.requestedAt = requestedAt
        self.content = content
        self.requestedByOrganizationId = requestedByOrganizationId
    }

    /// What stands in a result.
    public struct Content: Codable, Hashable, Sendable {
        /// The title in Vietnamese.
        public let title: String
        /// The boxes filled so far, in order; empty for documents without boxes.
        public let boxes: [Box]
        /// Further fields by the names the template knows, ready to print.
        public let fields: [String: String]

        public init(title: String, boxes: [Box], fields: [String: String]) {
            self.title = title
            self.boxes = boxes
            self.fields = fields
        }
    }

    /// A box that an organisation filled and signed.
    public struct Box: Codable, Hashable, Sendable {
        /// The number of the box, from 1.
        public let number: Int
        /// The name of the organisation.
        public let organizationName: String
        /// What it wrote.
        public let text: String
        /// Who signed.
        public let signerName: String
        /// When.
        public let signedAt: Date

        public init(number: Int, organizationName: String, text: String, signerName: String, signedAt: Date) {
            self.number = number
            self.organizationName = organizationName
            self.text = text
            self.signerName = signerName
            self.signedAt = signedAt
        }
    }
}

/// A case came to its end.
public struct CaseCompleted: EventPayload, Hashable {
    public static let type = "hoso.case.completed.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// How it ended, by its name in the definition.
    public let outcome: String
    /// When.
    public let finishedAt: Date

    public init(dossierId: DossierID, outcome: String, finishedAt: Date) {
        self.dossierId = dossierId
        self.outcome = outcome
        self.finishedAt = finishedAt
    }
}

/// The receiving cell admitted a member.
public struct MemberAdmitted: EventPayload, Hashable {
    public static let type = "hoso.case.member-admitted.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The member.
    public let memberId: MemberID
    /// The cell that let the member go.
    public let fromCellId: OrganizationID
    /// The cell that admitted the member.
    public let toCellId: OrganizationID
    /// The day from which it holds.
    public let effectiveOn: Day
    /// The last month of dues the letter states as paid.
    public let duesPaidThrough: DuesMonth?
    /// The last day of a temporary stay; absent for an official transfer.
    public let temporaryUntil: Day?
    /// The temporary stay; absent for an official transfer.
    public let stay: MemberState.Stay?

    public init(
        dossierId: DossierID, memberId: MemberID, fromCellId: OrganizationID, toCellId: OrganizationID,
        effectiveOn: Day, duesPaidThrough: DuesMonth? = nil, stay: MemberState.Stay? = nil
    ) {
        self.dossierId = dossierId
        self.memberId = memberId
        self.fromCellId = fromCellId
        self.toCellId = toCellId
        self.effectiveOn = effectiveOn
        self.duesPaidThrough = duesPaidThrough
        temporaryUntil = stay?.until
        self.stay = stay
    }
}

/// A case was turned down, or returned by a body to which it was wrongly addressed.
public struct CaseRejected: EventPayload, Hashable {
    public static let type = "hoso.case.rejected.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The step at which it happened.
    public let step: String
    /// The body that turned it down.
    public let organizationId: OrganizationID
    /// Who did.
    public let byMemberId: MemberID?
    /// The reason the applicant reads.
    public let reason: String
    /// When.
    public let rejectedAt: Date

    public init(
        dossierId: DossierID, step: String, organizationId: OrganizationID, byMemberId: MemberID? = nil,
        reason: String, rejectedAt: Date
    ) {
        self.dossierId = dossierId
        self.step = step
        self.organizationId = organizationId
        self.byMemberId = byMemberId
        self.reason = reason
        self.rejectedAt = rejectedAt
    }
}

/// No organisation or officer was found to act; a person must decide.
public struct CaseUnroutable: EventPayload, Hashable {
    public static let type = "hoso.case.unroutable.v1"
    public static let topic = TopicCatalogue.cases

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The step for which nobody was found.
    public let step: String
    /// Why, as a stable name.
    public let reason: String
    /// Where the search ended.
    public let organizationId: OrganizationID?
    /// The superior that may act in its place for the time being; absent when there is none.
    public let offeredToOrganizationId: OrganizationID?
    /// Since when.
    public let since: Date

    public init(
        dossierId: DossierID, step: String, reason: String, organizationId: OrganizationID? = nil,
        offeredToOrganizationId: OrganizationID? = nil, since: Date
    ) {
        self.dossierId = dossierId
        self.step = step
        self.reason = reason
        self.organizationId = organizationId
        self.offeredToOrganizationId = offeredToOrganizationId
        self.since = since
    }
}
