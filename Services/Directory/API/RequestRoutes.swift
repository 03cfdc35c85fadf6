import Contracts
import DirectoryDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/requests`: what members ask of those who keep their data.
extension DirectoryDesk {
    func addRequests(to router: Router<HosoRequestContext>) {
        router.get("/v1/requests") { request, context in
            let page = try PageRequest(request)
            guard let place = try Query.value("organizationId", request, OrganizationID.init) else {
                throw Query.invalid("organizationId")
            }
            let state = try Query.value("state", request, MemberRequest.State.init)
            let matter = try Query.value("matter", request, MemberRequest.Matter.init)
            return try await kit.pool.transaction { transaction in
                let visitor = try await visitor(context, in: transaction)
                guard let path = try await OrganizationStore.path(from: place, in: transaction) else {
                    throw Problem.notFound
                }
                guard visitor.authority.settles(nil, at: path) else { throw Problem.outsideAuthority }
                let found = try await RequestStore.page(
                    under: place, state: state, matter: matter, page, in: transaction)
                try await kit.audit.record(
                    "requests.listed", subject: "\(place)", actor: visitor.subject, in: transaction)
                return try Reply.json(.ok, PageView(found, page, id: \.id, item: RequestView.init))
            }
        }
        router.get("/v1/me/requests") { request, context in
            let id = try context.requireMember().id
            let page = try PageRequest(request)
            let found = try await RequestStore.page(of: id, page, in: kit.pool)
            return try Reply.json(.ok, PageView(found, page, id: \.id, item: RequestView.init))
        }
        router.post("/v1/requests/:id/settlement") { request, context in
            guard let id = context.parameters.get("id").flatMap(UUIDv7.init) else { throw Problem.notFound }
            return try await kit.idempotent(request, context, as: RequestSettlementBody.self) { body, transaction in
                try await settle(id, body, context, in: transaction)
            }
        }
    }

    /// Enters a request; one about the same thing that is open already is a conflict.
    func open(_ request: MemberRequest, by subject: String, in transaction: PostgresTransaction) async throws {
        guard try await RequestStore.insert(request, in: transaction) else { throw Problem.requestOpen }
        try await kit.audit.record(
            "request.opened", subject: "\(request.id)", actor: subject, details: AuditedRequest(request),
            in: transaction)
    }

    private func settle(
        _ id: UUIDv7, _ body: RequestSettlementBody, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let visitor = try await visitor(context, in: transaction)
        guard let known = try await RequestStore.read(id, in: transaction) else { throw Problem.notFound }
        // Member, then request: who changes his data holds the member first.
        let row: MemberStore.Row?
        if let memberId = known.memberId ?? body.memberId {
            row = try await MemberStore.read(memberId, lock: .update, in: transaction)
        } else {
            row = nil
        }
        guard let old = try await RequestStore.read(id, lock: .update, in: transaction) else { throw Problem.notFound }
        let place = old.memberId == nil ? old.organizationId : row?.member.cellId ?? old.organizationId
        let path = try await OrganizationStore.path(from: place, in: transaction)
        guard visitor.authority.settles(old.memberId, at: path) else { throw Problem.outsideAuthority }
        let next = try checked { () throws(Faults) in
            try old.settled(as: body.outcome.state, answer: body.answer.text, by: visitor.subject, at: kit.time.now)
        }
        if next.state == .accepted { try await carryOut(next, body, row, visitor, in: transaction) }
        try await RequestStore.update(next, in: transaction)
        try await kit.audit.record(
            "request.settled", subject: "\(id)", actor: visitor.subject, details: AuditedRequest(next),
            in: transaction)
        return try .json(.ok, RequestView(next))
    }

    private static let membershipOver = InvalidValue(
        field: "memberId", rule: "member.ended", vietnamese: "Tư cách đảng viên đã chấm dứt.",
        english: "The membership has ended.")

    /// What an accepted request changes: a field is put right, an identity is bound, or to nobody any more. After a misuse the account stays
    /// locked until somebody unlocks it.
    private func carryOut(
        _ request: MemberRequest, _ body: RequestSettlementBody, _ row: MemberStore.Row?, _ visitor: Visitor,
        in transaction: PostgresTransaction
    ) async throws {
        switch request.matter {
        case .misuse: return
        case .data:
            guard let row, let field = request.field, field.isCorrectable, let stated = request.stated else { return }
            let member = try checked { () throws(Faults) in
                try row.member.corrected(field, to: stated, today: today)
            }
            try await keep(
                member, as: "member.corrected", by: visitor.subject, .correction(request.id), in: transaction)
        case .identity:
            guard let identity = request.identityId else { return }
            if let row {
                let path = try await OrganizationStore.path(from: row.member.cellId, in: transaction)
                guard visitor.authority.settles(row.member.id, at: path) else { throw Problem.outsideAuthority }
                guard !row.member.state.isEnd else { throw Problem(Faults([Self.membershipOver])) }
            } else if try await IdentityStore.read(identity, in: transaction)?.state != .bound {
                // Without a member there is only something to take back.
                throw Problem(Faults([Faults.unknownMember("memberId")]))
            }
            guard
                try await IdentityStore.bind(identity, to: row?.member.id, at: kit.time.now, in: transaction)
            else { throw Problem.identityTaken }
            try await kit.audit.record(
                row == nil ? "identity.unbound" : "identity.bound",
                subject: row.map { "\($0.member.id)" } ?? "\(identity)", actor: visitor.subject, in: transaction)
        }
    }
}

extension Reason {
    fileprivate static func correction(_ request: UUIDv7) -> Reason { Reason("request \(request)") }
}

extension Problem {
    static let requestOpen = Problem(
        .conflict, id: "request-open", vietnamese: "Đã có đề nghị về việc này đang chờ giải quyết",
        english: "A request about this is open already")
    static let identityTaken = Problem(
        .conflict, id: "identity-taken", vietnamese: "Đảng viên này đã gắn với một định danh khác",
        english: "Another identity is bound to the member")
}

/// What is said in a request or in its answer.
struct RequestText: Decodable, Sendable {
    let text: String

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let isPlain = text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
        guard (3...2_000).contains(text.unicodeScalars.count), isPlain else {
            throw InvalidValue(
                field: decoder.codingPath.last?.stringValue ?? "text", rule: "request.text",
                vietnamese: "Nội dung phải có từ 3 đến 2000 ký tự, không có ký tự điều khiển.",
                english: "The text has 3 to 2000 characters, and no control characters.")
        }
        self.text = text
    }
}

/// The body of `POST /v1/requests/{id}/settlement`.
struct RequestSettlementBody: Decodable, Sendable {
    enum Outcome: String, Decodable, Sendable {
        case accepted, refused

        var state: MemberRequest.State { self == .accepted ? .accepted : .refused }
    }

    let outcome: Outcome
    /// What he who asked is told.
    let answer: RequestText
    /// Whom the identity belongs to; absent: to nobody whom it was bound to.
    let memberId: MemberID?
}

/// A request as he who asked and those see it who settle it.
struct RequestView: Encodable {
    let requestId: UUIDv7
    let matter: MemberRequest.Matter
    let state: MemberRequest.State
    let organizationId: OrganizationID
    let memberId: MemberID?
    let identityId: UUIDv7?
    let field: MemberField?
    let stated: String?
    let text: String
    let openedAt: Date
    let settledAt: Date?
    let answer: String?

    init(_ request: MemberRequest) {
        requestId = request.id
        matter = request.matter
        state = request.state
        organizationId = request.organizationId
        memberId = request.memberId
        identityId = request.identityId
        field = request.field
        stated = request.stated
        text = request.text
        openedAt = request.openedAt
        settledAt = request.settledAt
        answer = request.answer
    }
}

/// What the audit says of a request: what it is about, never what it says.
private struct AuditedRequest: Encodable {
    let matter: MemberRequest.Matter
    let state: MemberRequest.State
    let field: MemberField?

    init(_ request: MemberRequest) {
        matter = request.matter
        state = request.state
        field = request.field
    }
}
