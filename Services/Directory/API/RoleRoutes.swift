import Contracts
import DirectoryDomain
import HTTPTypes
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/roles`
extension DirectoryDesk {
    func addRoles(to router: Router<HosoRequestContext>) {
        router.post("/v1/roles") { request, context in
            try await kit.idempotent(request, context, as: NewRole.self) { body, transaction in
                try await grant(body, context, in: transaction)
            }
        }
        router.post("/v1/roles/:id/changes") { request, context in
            let id = try id(context, as: RoleID.self)
            return try await kit.idempotent(request, context, as: RoleChangeBody.self) { body, transaction in
                try await change(id, body, context, in: transaction)
            }
        }
        router.get("/v1/roles/:id") { _, context in
            let authority = try await visitor(context, in: kit.pool).authority
            let id = try id(context, as: RoleID.self)
            guard let role = try await RoleStore.read(id, in: kit.pool),
                let path = try await OrganizationStore.path(from: role.organizationId, in: kit.pool),
                authority.holder == .member(role.memberId) || authority.readsRoles(at: path)
            else { throw Problem.notFound }
            return try Reply.json(.ok, role.view)
        }
        router.get("/v1/roles") { request, context in
            let authority = try await visitor(context, in: kit.pool).authority
            let page = try PageRequest(request)
            let member = try Query.value("memberId", request, MemberID.init)
            let organization = try Query.value("organizationId", request, OrganizationID.init)
            guard try await maySee(authority, member: member, organization: organization) else {
                throw Problem.outsideAuthority
            }
            let found = try await RoleStore.page(member: member, organization: organization, page, in: kit.pool)
            return try Reply.json(.ok, PageView(found, page, id: \.id.value, item: \.view))
        }
    }

    /// Everybody sees his own roles, those who see a place the roles there, operators all.
    private func maySee(_ authority: Authority, member: MemberID?, organization: OrganizationID?) async throws -> Bool {
        if let member, authority.holder == .member(member) { return true }
        if let organization {
            guard let path = try await OrganizationStore.path(from: organization, in: kit.pool) else {
                throw Problem.notFound
            }
            return authority.readsRoles(at: path)
        }
        return authority.holder == .operating
    }

    private func grant(
        _ body: NewRole, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let visitor = try await visitor(context, in: transaction)
        let (subject, authority) = (visitor.subject, visitor.authority)
        let draft = body.draft
        // Member, organisation, roles: always locked in this order.
        let member = try await MemberStore.read(draft.memberId, lock: .share, in: transaction)?.member
        let path = try await path(draft.organizationId, field: "organizationId", in: transaction)
        guard authority.administers(draft.memberId, at: path) else { throw Problem.outsideAuthority }
        let others = try await RoleStore.open(of: draft.memberId, lock: .update, in: transaction)
        var substituted: HeldRole?
        if let id = draft.substituteForRoleId { substituted = try await RoleStore.read(id, in: transaction) }
        let role = try checked { () throws(Faults) in
            try HeldRole.granted(
                kit.ids.next(at: kit.time.now), draft, to: member, at: path.first, substituting: substituted,
                beside: others)
        }
        try await register(transaction, author: subject, reason: body.reason.text).add(role)
        try await kit.audit.record(
            "role.granted", subject: "\(role.id)", actor: subject,
            details: Audited(version: 1, reason: body.reason.text), in: transaction)
        return try .json(.created, role.view, headers: [.location: "/v1/roles/\(role.id)"])
    }

    private func change(
        _ id: RoleID, _ body: RoleChangeBody, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let visitor = try await visitor(context, in: transaction)
        let (subject, authority) = (visitor.subject, visitor.authority)
        guard let known = try await RoleStore.read(id, in: transaction) else { throw Problem.notFound }
        let member = try await MemberStore.read(known.memberId, lock: .share, in: transaction)?.member
        guard let old = try await RoleStore.read(id, lock: .update, in: transaction) else { throw Problem.notFound }
        let path = try await OrganizationStore.path(from: old.organizationId, in: transaction)
        guard authority.administers(old.memberId, at: path) else { throw Problem.outsideAuthority }
        let role = try checked { () throws(Faults) in
            if body.change == .unlock, let member, case let wrong = RoleRule.faults(ofHolder: member), !wrong.isEmpty {
                throw Faults(wrong)
            }
            return try old.changed(body.change)
        }
        try await register(transaction, author: subject, reason: body.reason.text).change(role)
        try await kit.audit.record(
            "role.changed", subject: "\(id)", actor: subject,
            details: Audited(version: role.version, reason: body.reason.text), in: transaction)
        return try .json(.ok, role.view)
    }
}

extension HeldRole {
    var view: VersionedView<RoleState> { VersionedView(state: published, version: version) }
}

/// The body of `POST /v1/roles`.
struct NewRole: Decodable, Sendable {
    let draft: RoleDraft
    let reason: Reason

    private enum Key: CodingKey { case memberId, organizationId, role, from, to, substituteForRoleId, reason }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        draft = RoleDraft(
            memberId: try fields.decode(MemberID.self, forKey: .memberId),
            organizationId: try fields.decode(OrganizationID.self, forKey: .organizationId),
            role: try fields.decode(RoleName.self, forKey: .role), from: try fields.decode(Day.self, forKey: .from),
            to: try fields.decodeIfPresent(Day.self, forKey: .to),
            substituteForRoleId: try fields.decodeIfPresent(RoleID.self, forKey: .substituteForRoleId))
        reason = try fields.decodeIfPresent(Reason.self, forKey: .reason) ?? .entered
    }
}

/// The body of `POST /v1/roles/{id}/changes`: `lock`, `unlock`, or `end` with the last day.
struct RoleChangeBody: Decodable, Sendable {
    let change: RoleChange
    let reason: Reason

    private enum Key: CodingKey { case action, to, reason }
    private enum Action: String, Decodable { case lock, unlock, end }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        switch try fields.decode(Action.self, forKey: .action) {
        case .lock: change = .lock
        case .unlock: change = .unlock
        case .end: change = .end(lastDay: try fields.decode(Day.self, forKey: .to))
        }
        reason = try fields.decode(Reason.self, forKey: .reason)
    }
}
