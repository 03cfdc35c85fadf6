import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Records
import ServiceKit

/// `/v1/outgoing-changes`: what the Party Member Database has to learn, the files that it is told with, its answers.
struct OutgoingRoutes: Sendable {
    let desk: DirectoryDesk
    let bearers: ImportBearers
    let layout: RecordLayout

    private var kit: ServiceContext { desk.kit }

    /// The largest file of answers, in bytes.
    private static let largestAnswers = 8 << 20

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/outgoing-changes") { try await list($0, $1) }
        router.post("/v1/outgoing-changes/batches") { try await make($0, $1) }
        router.get("/v1/outgoing-changes/batches/:id") { try await file($0, $1) }
        router.post("/v1/outgoing-changes/batches/:id/answers") { try await answer($0, $1) }
    }

    private func list(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        _ = try await bearers.require(context)
        let limit = try PageRequest.limit(request)
        let after = try Query.value("after", request, Int64.init) ?? 0
        let state = request.uri.queryParameters.get("state")
        let found = try await kit.pool.query(
            """
            SELECT id, subject, subject_id, kind, fields, state, made_at, sent_at, answered_at, reason
            FROM outgoing_changes
            WHERE id > \(after) AND (\(state)::text IS NULL OR state = \(state)) ORDER BY id LIMIT \(limit)
            """, as: OutgoingView.self)
        return try .json(.ok, ["items": found])
    }

    /// Takes what is prepared into a batch, which is sent from then on.
    private func make(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let visitor = try await bearers.require(context)
        return try await kit.idempotent(request, context, as: BatchBody.self) { body, transaction in
            let id: UUIDv7 = kit.ids.next(at: kit.time.now)
            let limit = min(max(body.limit ?? OutgoingBatch.largest, 1), OutgoingBatch.largest)
            let count = try await OutgoingBatch.make(id, limit: limit, at: kit.time.now, in: transaction)
            try await kit.audit.record(
                "outgoing.sent", subject: "\(id)", actor: visitor.subject, details: ["changes": count], in: transaction)
            return try .json(
                .created, BatchView(batchId: id, changes: count),
                headers: [.location: "/v1/outgoing-changes/batches/\(id)"])
        }
    }

    private func file(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let visitor = try await bearers.require(context)
        let id = try batch(context)
        return try await kit.pool.transaction { transaction in
            let file = try await OutgoingBatch.file(id, in: transaction)
            guard !file.isEmpty else { throw Problem.notFound }
            try await kit.audit.record("outgoing.fetched", subject: "\(id)", actor: visitor.subject, in: transaction)
            return Reply(.ok, headers: [.contentType: "application/jsonl"], body: file)
        }
    }

    private func answer(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let visitor = try await bearers.require(context)
        let id = try batch(context)
        let form = try ImportRequest.form(request.headers[.contentType])
        let body = try await request.body.collect(upTo: Self.largestAnswers)
        let answers: [OutgoingAnswers.Answer]
        do {
            answers = try OutgoingAnswers.read(Array(body.readableBytesView), layout, form)
        } catch let fault as RecordFault {
            throw Problem.invalidFields.with(errors: [FieldError(fault)])
        }
        return try await kit.pool.transaction { [answers] transaction in
            let applied: Int
            do {
                applied = try await OutgoingAnswers(batch: id, transaction: transaction, now: kit.time.now)
                    .apply(answers)
            } catch let unfitting as OutgoingAnswers.Unfitting {
                throw Problem.answerUnfitting(line: unfitting.line)
            }
            try await kit.audit.record(
                "outgoing.answered", subject: "\(id)", actor: visitor.subject, details: ["answered": applied],
                in: transaction)
            return try Reply.json(.ok, BatchView(batchId: id, changes: applied))
        }
    }

    private func batch(_ context: HosoRequestContext) throws(Problem) -> UUIDv7 {
        guard let id = context.parameters.get("id").flatMap(UUIDv7.init) else { throw .notFound }
        return id
    }
}

/// The body of `POST /v1/outgoing-changes/batches`.
struct BatchBody: Decodable, Sendable {
    /// The most changes that it shall have.
    let limit: Int?
}

struct BatchView: Encodable {
    let batchId: UUIDv7
    let changes: Int
}

/// A change on its way, without what it says of the person.
struct OutgoingView: PostgresRowDecodable, Encodable, Sendable {
    let changeId: Int64
    let subject: ImportSubject
    let subjectId: UUIDv7
    let kind: OutgoingChange.Kind
    let fields: [String]
    let state: String
    let madeAt: Date
    let sentAt: Date?
    let answeredAt: Date?
    let reason: String?

    init(row: PostgresRow) throws {
        changeId = try row.get("id")
        subject = try row.choice("subject")
        subjectId = try row.get("subject_id")
        kind = try row.choice("kind")
        fields = try row.get("fields")
        state = try row.get("state")
        madeAt = try row.get("made_at")
        sentAt = try row.get("sent_at")
        answeredAt = try row.get("answered_at")
        reason = try row.get("reason")
    }
}

extension Problem {
    /// - Parameter line: the line of the file, from 1.
    static func answerUnfitting(line: Int) -> Problem {
        invalidFields.with(errors: [
            FieldError(
                field: "line[\(line)].changeId", rule: "outgoing.answer",
                vietnamese: "Dòng \(line): thay đổi không thuộc đợt gửi này hoặc đã có trả lời khác.",
                english: "Line \(line): the change is not of this batch, or was answered otherwise.")
        ])
    }
}
