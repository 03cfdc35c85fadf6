import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import IntakeDomain
import Messaging
import Metrics
import Postgres
import Projections
import ServiceKit

/// `POST /v1/dossiers`: the technical check, the acknowledgement and the event, in one transaction.
extension DossierDesk {
    func addSubmission(to router: Router<HosoRequestContext>) {
        router.post("/v1/dossiers") { request, context in
            let member = try context.requireMember()
            return try await kit.idempotent(request, context, as: JSONValue.self) { body, transaction in
                do {
                    let reply = try await submit(body, by: member.id, in: transaction)
                    Counter(label: "intake.dossiers", dimensions: [("outcome", "acknowledged")]).increment()
                    return reply
                } catch let rejected as RejectedSubmission {
                    Counter(label: "intake.dossiers", dimensions: [("outcome", "incomplete")]).increment()
                    throw Problem.invalidFields.with(errors: rejected.faults.map(FieldError.init))
                }
            }
        }
    }

    private func submit(
        _ body: JSONValue, by member: MemberID, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        let sender = try await applicant(member, in: transaction)
        let submission = Submission(body, catalogue: catalogue, today: Day(containing: now))
        let applicant = try await subject(of: submission, enteredBy: sender, in: transaction)
        let files = try await AttachmentStore.lock(submission.attachments.map(\.id), of: member, in: transaction)
        let accepted = try await submission.accepted(
            with: facts(for: submission, of: applicant, files: files, in: transaction))
        let path = try await receivingPath(submission, accepted.entry, applicant, in: transaction)
        if let fault = OrganizationState.Activation.fault(
            of: accepted.entry.procedure, above: path, isElectronicByDefault: isElectronicByDefault,
            today: Day(containing: now))
        {
            throw RejectedSubmission([fault])
        }
        let body = try submission.assisted == nil ? receivingBody(above: path) : enteringBody(path)
        let acknowledgement = try await acknowledge(accepted.entry, at: body, now: now, in: transaction)
        let dossier = DossierSubmitted(
            dossierId: kit.ids.next(at: now), code: acknowledgement.code, procedure: accepted.entry.procedure,
            procedureVersion: accepted.entry.version, applicantMemberId: applicant.memberId, enteredByMemberId: member,
            receivingOrganizationId: body.organizationId, receivedAt: acknowledgement.receivedAt,
            acknowledgedAt: acknowledgement.acknowledgedAt, deadline: acknowledgement.deadline, form: accepted.form,
            attachments: accepted.attachments.compactMap { files[$0]?.payload })
        try await keep(dossier, in: transaction)
        var headers = HTTPFields()
        headers[.location] = "/v1/dossiers/\(dossier.dossierId)"
        return try .json(.created, AcknowledgementView(dossier, body), headers: headers)
    }

    private func keep(_ dossier: DossierSubmitted, in transaction: PostgresTransaction) async throws {
        try await DossierStore.insert(dossier, in: transaction)
        try await AttachmentStore.claim(dossier.attachments.map(\.id), for: dossier.dossierId, in: transaction)
        let entry = TimelineEntry(
            topic: DossierSubmitted.topic.name, sequence: 1, at: dossier.acknowledgedAt, event: .submitted(dossier))
        try await TimelineStore.insert(entry, of: dossier.dossierId, in: transaction)
        try await kit.outbox.append(
            dossier, key: dossier.dossierId.value, version: 1, context: kit.eventContext(), in: transaction)
        try await kit.audit.record(
            "dossier.submitted", subject: "\(dossier.dossierId)", actor: "\(dossier.enteredByMemberId)",
            details: ["code": dossier.code.text, "procedure": dossier.procedure.text], in: transaction)
    }

    /// The member who asks, if he can submit anything.
    func applicant(_ id: MemberID, in transaction: PostgresTransaction) async throws -> MemberState {
        guard let member = try await directory.member(id, in: transaction) else {
            throw Problem(
                .forbidden, id: "member-unknown", vietnamese: "Chưa có dữ liệu đảng viên của đồng chí",
                english: "The directory does not know you yet")
        }
        guard !member.state.isEnd else {
            throw Problem(
                .forbidden, id: "membership-ended", vietnamese: "Tư cách đảng viên đã chấm dứt",
                english: "The membership has ended")
        }
        guard member.mayEnter else { throw Problem.accountClosed }
        return member
    }

    /// Whom the dossier is about: who sends it, unless he enters it for a member who stands at a body outside the system.
    private func subject(
        of submission: Submission, enteredBy sender: MemberState, in transaction: PostgresTransaction
    ) async throws -> MemberState {
        guard let role = submission.entry?.enteredBy else {
            guard try await !isOutside(sender, in: transaction) else {
                throw RejectedSubmission([AssistedEntry.outside])
            }
            return sender
        }
        let assisted = try submission.requiredAssisted()
        try kit.requireFresh(DirectoryProjection.consumerName(of: kit.service))
        let roles = try await directory.roles(of: sender.memberId, at: kit.time.now, in: transaction)
        guard roles.contains(where: { $0.role == role && $0.organizationId == assisted.organization }) else {
            throw RejectedSubmission([AssistedEntry.noRole])
        }
        guard let applicant = try await directory.member(assisted.applicant, in: transaction), !applicant.state.isEnd,
            applicant.memberId != sender.memberId, try await isOutside(applicant, in: transaction)
        else { throw RejectedSubmission([AssistedEntry.notOutside]) }
        if let entry = submission.entry,
            try await DossierStore.hasOpen(entry.procedure, of: applicant.memberId, in: transaction)
        {
            throw RejectedSubmission([AssistedEntry.open])
        }
        return applicant
    }

    private func isOutside(_ member: MemberState, in transaction: PostgresTransaction) async throws -> Bool {
        try await directory.organization(member.cellId, in: transaction)?.type == .external
    }

    /// The committee itself that received the paper.
    private func enteringBody(_ path: [OrganizationState]) throws(RejectedSubmission) -> OrganizationState {
        guard let body = path.first, body.status == .active, !body.type.isCell else {
            throw RejectedSubmission([AssistedEntry.noRole])
        }
        return body
    }

    private func facts(
        for submission: Submission, of applicant: MemberState, files: [AttachmentID: AttachmentRow],
        in transaction: PostgresTransaction
    ) async throws -> Submission.Facts {
        var organizations: [OrganizationID: OrganizationState] = [:]
        for id in Set(submission.organizations.map(\.id)) {
            organizations[id] = try await directory.organization(id, in: transaction)
        }
        return Submission.Facts(
            applicant: Submission.Applicant(applicant), organizations: organizations,
            attachments: files.mapValues { $0.dossier == nil ? .free : .used })
    }

    /// The cell above which the receiving body stands, or the body that enters the dossier, with its superiors.
    private func receivingPath(
        _ submission: Submission, _ entry: ProcedureEntry, _ applicant: MemberState,
        in transaction: PostgresTransaction
    ) async throws -> [OrganizationState] {
        if let assisted = submission.assisted {
            return try await directory.path(from: assisted.organization, in: transaction)
        }
        let stay = entry.receivedAbove == .stay ? applicant.stay?.cellId : nil
        return try await directory.path(from: stay ?? applicant.cellId, in: transaction)
    }

    private func receivingBody(above path: [OrganizationState]) throws(Problem) -> OrganizationState {
        guard let body = ReceivingBody.find(above: path) else {
            throw Problem(
                .serviceUnavailable, id: "receiving-body-unknown",
                vietnamese: "Chưa xác định được tổ chức đảng tiếp nhận hồ sơ, xin thử lại sau",
                english: "The body that receives the dossier is not known yet, please try again"
            ).retryAfter(seconds: 30)
        }
        return body
    }

    private func acknowledge(
        _ entry: ProcedureEntry, at body: OrganizationState, now: Date, in transaction: PostgresTransaction
    ) async throws -> Acknowledgement {
        let time = workingTime(of: body)
        let day = Day(containing: Acknowledgement.receipt(of: now, by: time))
        let number = try await DossierNumbers.draw(at: body.code, on: day, in: transaction)
        return try Acknowledgement(arrivedAt: now, at: body.code, number: number, within: entry.checkWithin, by: time)
    }
}

/// What is wrong with a dossier that is entered for somebody else.
private enum AssistedEntry {
    static let noRole = InvalidValue(
        field: "receivingOrganizationId", rule: "assisted.role",
        vietnamese: "Đồng chí không giữ vai trò nhập hồ sơ này tại tổ chức đảng đó.",
        english: "You do not hold the role that enters such dossiers at this organisation.")
    static let outside = InvalidValue(
        field: "procedure", rule: "applicant.outside",
        vietnamese: "Đồng chí thuộc tổ chức ngoài hệ thống; cấp uỷ nơi đến nhập hồ sơ theo giấy giới thiệu.",
        english: "You stand at a body outside the system; the committee you come to enters your letter.")
    static let open = InvalidValue(
        field: "applicantMemberId", rule: "assisted.open",
        vietnamese: "Đảng viên này đã có hồ sơ loại này đang được giải quyết.",
        english: "A dossier of this kind is being handled for this member already.")
    static let notOutside = InvalidValue(
        field: "applicantMemberId", rule: "assisted.outside",
        vietnamese: "Chỉ nhập thay cho đảng viên đang thuộc tổ chức ngoài hệ thống.",
        english: "It is entered only for a member who stands at a body outside the system.")
}

extension Submission.Applicant {
    /// A member as Directory tells it.
    init(_ member: MemberState) {
        self.init(
            cell: member.cellId, state: member.state,
            isExemptFromResidenceActivity: member.exemptFromResidenceActivity ?? false,
            isExemptFromIntroduction: member.exemptFromIntroduction ?? false, stay: member.stay)
    }
}

/// What the applicant is told of a dossier that arrived.
struct AcknowledgementView: Encodable {
    let dossierId: DossierID
    let code: DossierCode
    let procedure: ProcedureCode
    let procedureVersion: Int
    let status: DossierStatus
    let statusText: LocalizedText
    let receivingOrganization: OrganizationView
    /// The official time of receipt.
    let receivedAt: Date
    let acknowledgedAt: Date
    let deadline: Deadline

    init(_ dossier: DossierSubmitted, _ body: OrganizationState) {
        dossierId = dossier.dossierId
        code = dossier.code
        procedure = dossier.procedure
        procedureVersion = dossier.procedureVersion
        status = .received
        statusText = DossierStatus.received.text
        receivingOrganization = OrganizationView(id: body.organizationId, code: body.code, name: body.name)
        receivedAt = dossier.receivedAt
        acknowledgedAt = dossier.acknowledgedAt
        deadline = dossier.deadline
    }
}
