import Contracts
import Foundation
import IntakeDomain

/// An organisation by its name; code and name are absent while it is unknown here.
struct OrganizationView: Encodable {
    let id: OrganizationID
    let code: OrganizationCode?
    let name: String?

    init(id: OrganizationID, code: OrganizationCode?, name: String?) {
        self.id = id
        self.code = code
        self.name = name
    }

    init(_ id: OrganizationID, among known: [OrganizationID: OrganizationState]) {
        self.init(id: id, code: known[id]?.code, name: known[id]?.name)
    }
}

/// A dossier in a list.
struct DossierSummary: Encodable {
    let dossierId: DossierID
    let code: DossierCode
    let procedure: ProcedureCode
    let title: LocalizedText?
    let status: DossierStatus
    let statusText: LocalizedText
    let applicantMemberId: MemberID
    let receivedAt: Date
    let deadline: Deadline

    init(_ row: DossierRow, title: LocalizedText?) {
        dossierId = row.id
        code = row.code
        procedure = row.procedure
        self.title = title
        status = row.status
        statusText = row.status.text
        applicantMemberId = row.applicant
        receivedAt = row.receivedAt
        deadline = row.deadline
    }
}

/// A dossier with everything that became of it.
struct DossierView: Encodable {
    let dossierId: DossierID
    let code: DossierCode
    let procedure: ProcedureCode
    let procedureVersion: Int
    let title: LocalizedText?
    let status: DossierStatus
    let statusText: LocalizedText
    /// Why it was turned down or returned.
    let reason: String?
    let applicantMemberId: MemberID
    let enteredByMemberId: MemberID
    let receivingOrganization: OrganizationView
    /// The official time of receipt.
    let receivedAt: Date
    let acknowledgedAt: Date
    let deadline: Deadline
    /// What the applicant is asked for; absent while nothing is.
    let wantedSupplement: Wanted?
    /// The form as it stands now.
    let form: JSONValue
    /// The form as it was submitted, and as each supplement left it.
    let versions: [Version]
    let attachments: [AttachmentView]
    /// Whose turn it is.
    let currentStep: Step?
    let timeline: [Entry]
    let results: [Result]
}

extension DossierView {
    struct Step: Encodable {
        let step: String
        let box: Int?
        let organization: OrganizationView
        let role: RoleName
        let enteredAt: Date
        let due: Deadline

        init(_ turn: CaseStepEntered, among known: [OrganizationID: OrganizationState]) {
            step = turn.step
            box = turn.box
            organization = OrganizationView(turn.organizationId, among: known)
            role = turn.role
            enteredAt = turn.enteredAt
            due = turn.due
        }
    }

    struct Wanted: Encodable {
        let reason: String
        let organization: OrganizationView
        let requestedAt: Date

        init(_ wanted: WantedSupplement, among known: [OrganizationID: OrganizationState]) {
            reason = wanted.request.reason
            organization = OrganizationView(wanted.request.organizationId, among: known)
            requestedAt = wanted.request.requestedAt
        }
    }

    struct Version: Encodable {
        /// 1 is the submission.
        let version: Int
        let at: Date
        let byMemberId: MemberID
        /// The names of the fields that differ from the version before.
        let changedFields: [String]
        let form: JSONValue
        /// The files that came with it.
        let attachmentIds: [AttachmentID]
    }

    /// All versions of a dossier's form, the oldest first.
    static func versions(
        of row: DossierRow, form: JSONValue, supplements: [SupplementRow], _ files: [AttachmentRow]
    ) -> [Version] {
        func ids(_ supplement: Int?) -> [AttachmentID] { files.filter { $0.supplement == supplement }.map(\.id) }
        let first = Version(
            version: 1, at: row.acknowledgedAt, byMemberId: row.enteredBy,
            changedFields: form.object?.keys.sorted() ?? [], form: form, attachmentIds: ids(nil))
        return [first]
            + supplements.map { supplement in
                Version(
                    version: supplement.number + 1, at: supplement.at, byMemberId: supplement.byMember,
                    changedFields: supplement.changedFields, form: supplement.form,
                    attachmentIds: ids(supplement.number))
            }
    }

    struct Entry: Encodable {
        let at: Date
        /// The type of the event.
        let event: String
        let text: LocalizedText
        let organization: OrganizationView?

        init(_ entry: TimelineEntry, among known: [OrganizationID: OrganizationState]) {
            at = entry.at
            event = type(of: entry.event.payload).type
            let place = entry.event.organization
            text = entry.event.text(at: place.flatMap { known[$0]?.name })
            organization = place.map { OrganizationView($0, among: known) }
        }
    }

    struct Result: Encodable {
        let resultId: ResultID
        let resultCode: ResultCode
        let storeKey: ResultStoreKey
        let documentType: String
        let version: Int
        let number: String
        let issuingOrganization: OrganizationView
        let signedAt: Date
        let sha256: ContentDigest
        let size: Int64
        let level: SignatureLevel
        let signerClass: SignerClass
        let verificationId: VerificationID
        let links: Links

        init(_ result: ResultIssued, among known: [OrganizationID: OrganizationState], at address: String) {
            resultId = result.resultId
            resultCode = result.resultCode
            storeKey = result.storeKey
            documentType = result.documentType
            version = result.version
            number = result.number
            issuingOrganization = OrganizationView(result.issuingOrganizationId, among: known)
            signedAt = result.signedAt
            sha256 = result.sha256
            size = result.size
            level = result.level
            signerClass = result.signerClass
            verificationId = result.verificationId
            links = Links(
                result: "\(address)/v1/results/\(result.resultId)",
                document: "\(address)/v1/results/\(result.resultId)/document",
                verification: "\(address)/v1/verify/\(result.verificationId)")
        }
    }

    struct Links: Encodable {
        let result: String
        let document: String
        let verification: String
    }
}
