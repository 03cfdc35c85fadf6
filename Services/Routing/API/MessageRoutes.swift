import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Postgres
import Projections
import RoutingDomain
import ServiceKit

/// `GET` and `POST /v1/cases/{dossierId}/messages`: the thread between the applicant and the bodies that handle his
/// case. Messages are never changed or removed; each look and each message is audited.
extension CaseDesk {
    func addMessages(to router: Router<HosoRequestContext>) {
        router.get("/v1/cases/:dossierId/messages") { request, context in
            let member = try context.requireMember()
            let id = try caseID(context, "dossierId")
            let limit = try Query.limit(request)
            let after = try Query.value("after", request) { UUIDv7($0) }
            return try await kit.pool.transaction { transaction in
                _ = try await entitled(member.id, to: id, in: transaction)
                try await logLook("case.messages-viewed", at: id, by: member.id, in: transaction)
                let found = try await MessageStore.page(of: id, after: after, limit: limit + 1, in: transaction)
                return try Reply.json(
                    .ok,
                    MessageList(
                        items: Array(found.prefix(limit)),
                        next: found.count > limit ? found.prefix(limit).last.map { "\($0.id)" } : nil))
            }
        }
        router.post("/v1/cases/:dossierId/messages") { request, context in
            let member = try context.requireMember()
            let id = try caseID(context, "dossierId")
            return try await kit.idempotent(request, context, as: MessageRequest.self) { body, transaction in
                try await post(body, to: id, by: member.id, in: transaction)
            }
        }
    }

    private func post(
        _ body: MessageRequest, to id: DossierID, by member: MemberID, in transaction: PostgresTransaction
    ) async throws -> Reply {
        guard let running = try await CaseStore.lock(id, in: transaction)?.running else { throw Problem.notFound }
        let now = kit.time.now
        do {
            let author = try await officer(member, in: transaction)
            let speaker = try await speaker(body, for: member, in: running, transaction)
            let (change, message) = try CaseThread.post(
                CaseMessage(
                    id: kit.ids.next(at: now), author: author, organizationId: speaker, text: body.text),
                to: running, at: now)
            try await MessageStore.insert(message, to: id, at: now, in: transaction)
            let around = try await cases.circumstances(of: running, now: now, in: transaction)
            try cases.keep(
                change, of: running, around, actor: "\(member)", in: transaction,
                publisher: CommandPublisher(outbox: kit.outbox, context: kit.eventContext(), transaction: transaction))
            try await kit.audit.record(
                "case.message-posted", subject: "\(id)", actor: "\(member)",
                details: MessageRecord(messageId: message.id, organizationId: speaker), in: transaction)
            return try .json(.created, MessageView(message, at: now))
        } catch let refusal as Refusal {
            throw Problem(refusal)
        } catch is NotYet {
            throw Problem.projectionStale
        }
    }

    /// The body for which a message is written; nil for the applicant and for whoever entered the dossier for him.
    private func speaker(
        _ body: MessageRequest, for member: MemberID, in running: RunningCase, _ transaction: PostgresTransaction
    ) async throws -> OrganizationID? {
        if running.concerned.contains(member) { return nil }
        try requireFreshRoles()
        let roles = try await directory.roles(of: member, at: kit.time.now, in: transaction)
        let own = Set(roles.filter { Staffing.handlers.contains($0.role) }.map(\.organizationId))
        return try CaseThread.body(named: body.organizationId, among: own, in: running)
    }
}

/// What is sent to the thread.
private struct MessageRequest: Decodable, Sendable {
    let text: String
    /// The body for which an officer of several speaks.
    let organizationId: OrganizationID?
}

/// What the audit says of a message: never its text.
private struct MessageRecord: Encodable {
    let messageId: UUIDv7
    let organizationId: OrganizationID?
}

/// A message of the thread.
struct MessageView: Encodable, Sendable {
    let id: UUIDv7
    let at: Date
    let authorId: MemberID
    let authorName: String
    /// The body that speaks; absent when it is the applicant.
    let organizationId: OrganizationID?
    let text: String
}

extension MessageView {
    init(_ message: CaseMessage, at moment: Date) {
        self.init(
            id: message.id, at: moment, authorId: message.author.memberId, authorName: message.author.fullName,
            organizationId: message.organizationId, text: message.text)
    }
}

struct MessageList: Encodable {
    let items: [MessageView]
    /// Give it as `after` for the next page; absent on the last one.
    let next: String?
}
