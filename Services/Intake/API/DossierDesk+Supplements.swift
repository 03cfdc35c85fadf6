import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import IntakeDomain
import Messaging
import Metrics
import Postgres
import ServiceKit

/// `POST /v1/dossiers/{id}/supplements`: the applicant sends what a body asked him for, while the dossier waits for it.
extension DossierDesk {
    func addSupplements(to router: Router<HosoRequestContext>) {
        router.post("/v1/dossiers/:id/supplements") { request, context in
            let member = try context.requireMember()
            guard let id = context.parameters.get("id").flatMap(DossierID.init) else { throw Problem.notFound }
            return try await kit.idempotent(request, context, as: JSONValue.self) { body, transaction in
                do {
                    let reply = try await supplement(id, with: body, by: member.id, in: transaction)
                    Counter(label: "intake.supplements", dimensions: [("outcome", "taken")]).increment()
                    return reply
                } catch let rejected as RejectedSubmission {
                    Counter(label: "intake.supplements", dimensions: [("outcome", "incomplete")]).increment()
                    throw Problem.invalidFields.with(errors: rejected.faults.map(FieldError.init))
                }
            }
        }
    }

    private func supplement(
        _ id: DossierID, with body: JSONValue, by member: MemberID, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        // Whoever comes second under this lock finds the request answered.
        guard let (dossier, version) = try await DossierStore.lock(id, in: transaction) else { throw Problem.notFound }
        guard dossier.applicant == member else { throw Problem.notTheApplicant }
        let applicant = try await applicant(member, in: transaction)
        let timeline = StatusTimeline(try await TimelineStore.entries(of: id, in: transaction))
        guard let wanted = timeline.wanted else { throw Problem.supplementNotAsked(timeline.status) }
        guard let entry = catalogue[dossier.procedure, version: dossier.procedureVersion] else {
            throw Problem.procedureVersionUnknown
        }
        let before = try await SupplementStore.all(of: id, in: transaction)
        var form = before.last?.form
        if form == nil { form = try await DossierStore.form(of: id, in: transaction) }
        let files = try await AttachmentStore.files(of: id, in: transaction)
        let given = Supplement(
            body, to: .init(entry: entry, form: form?.object ?? [:], files: Set(files.map(\.id))),
            today: Day(containing: now))
        let uploaded = try await AttachmentStore.lock(given.attachments.map(\.id), of: member, in: transaction)
        let accepted = try given.accepted(
            with: uploaded.mapValues { $0.dossier == nil ? .free : .used }, of: Submission.Applicant(applicant))
        let supplement = DossierSupplemented(
            dossierId: id, number: before.count + 1, requestSequence: wanted.sequence, byMemberId: member,
            suppliedAt: now, form: accepted.form, changedFields: accepted.changedFields,
            attachments: accepted.attachments.compactMap { uploaded[$0]?.payload })
        try await keep(supplement, version: version + 1, in: transaction)
        let status = StatusTimeline(try await TimelineStore.entries(of: id, in: transaction)).status
        return try .json(
            .created, SupplementReceipt(supplement, status: status), headers: [.location: "/v1/dossiers/\(id)"])
    }

    private func keep(
        _ supplement: DossierSupplemented, version: Int64, in transaction: PostgresTransaction
    ) async throws {
        let id = supplement.dossierId
        try await SupplementStore.insert(supplement, in: transaction)
        try await AttachmentStore.claim(
            supplement.attachments.map(\.id), for: id, supplement: supplement.number, in: transaction)
        try await DossierStore.count(to: version, of: id, in: transaction)
        let entry = TimelineEntry(
            topic: DossierSupplemented.topic.name, sequence: version, at: supplement.suppliedAt,
            event: .supplemented(supplement))
        _ = try await TimelineStore.add(entry, to: id, in: transaction)
        try await kit.outbox.append(
            supplement, key: id.value, version: version, context: kit.eventContext(), in: transaction)
        try await kit.audit.record(
            "dossier.supplemented", subject: "\(id)", actor: "\(supplement.byMemberId)",
            details: ["number": "\(supplement.number)"], in: transaction)
    }
}

/// What the applicant is told of a supplement that arrived.
struct SupplementReceipt: Encodable {
    let dossierId: DossierID
    let number: Int
    let suppliedAt: Date
    let changedFields: [String]
    let attachments: [AttachmentView]
    let status: DossierStatus
    let statusText: LocalizedText

    init(_ supplement: DossierSupplemented, status: DossierStatus) {
        dossierId = supplement.dossierId
        number = supplement.number
        suppliedAt = supplement.suppliedAt
        changedFields = supplement.changedFields
        attachments = supplement.attachments.map(AttachmentView.init)
        self.status = status
        statusText = status.text
    }
}

extension Problem {
    static let notTheApplicant = Problem(
        .forbidden, id: "not-the-applicant", vietnamese: "Chỉ người nộp hồ sơ được bổ sung hồ sơ",
        english: "Only the applicant supplements a dossier")

    static let procedureVersionUnknown = Problem(
        .serviceUnavailable, id: "procedure-version-unknown",
        vietnamese: "Chưa đọc được biểu mẫu của hồ sơ, xin thử lại sau",
        english: "The form of this dossier cannot be read here yet, please try again"
    ).retryAfter(seconds: 30)

    static func supplementNotAsked(_ status: DossierStatus) -> Problem {
        Problem(
            .conflict, id: "supplement-not-asked", vietnamese: "Hồ sơ không chờ bổ sung",
            english: "The dossier does not wait for a supplement"
        ).with(
            vietnamese: "Trạng thái hồ sơ: \(status.text.vietnamese). Trao đổi thêm trong luồng tin nhắn của hồ sơ.",
            english: "The dossier's status: \(status.text.english). Write in its thread of messages instead.")
    }
}
