import Contracts
import DirectoryDomain
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/members/{id}/account`, `/v1/me/account`: who may enter something, and who may not any more.
extension DirectoryDesk {
    func addAccounts(to router: Router<HosoRequestContext>) {
        router.post("/v1/members/:id/account/changes") { request, context in
            let id = try id(context, as: MemberID.self)
            return try await kit.idempotent(request, context, as: AccountChangeBody.self) { body, transaction in
                try await change(id, body, context, in: transaction)
            }
        }
        router.post("/v1/me/account/activation") { request, context in
            let (caller, id) = try context.requireMember()
            return try await kit.idempotent(request, context) { _, transaction in
                let member = try await change(
                    id, .activate, by: caller.subject, .activation, in: transaction)
                return try .json(.ok, AccountView(member))
            }
        }
        router.post("/v1/me/account/misuse") { request, context in
            let (caller, id) = try context.requireMember()
            return try await kit.idempotent(request, context, as: MisuseBody.self) { body, transaction in
                try await report(id, body, by: caller.subject, in: transaction)
            }
        }
    }

    private func change(
        _ id: MemberID, _ body: AccountChangeBody, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let visitor = try await visitor(context, in: transaction)
        guard let row = try await MemberStore.read(id, lock: .update, in: transaction) else { throw Problem.notFound }
        let path = try await OrganizationStore.path(from: row.member.cellId, in: transaction)
        let authority = visitor.authority
        let may = body.action == .lock ? authority.locksAccount(of: id, at: path) : authority.administers(id, at: path)
        guard may else { throw Problem.outsideAuthority }
        let member = try await change(id, body.action, by: visitor.subject, body.reason, in: transaction)
        return try .json(.ok, AccountView(member))
    }

    /// Changes the account, and the roles of its owner with it.
    private func change(
        _ id: MemberID, _ action: AccountAction, by subject: String, _ reason: Reason,
        in transaction: PostgresTransaction
    ) async throws -> Member {
        guard let row = try await MemberStore.read(id, lock: .update, in: transaction) else { throw Problem.notFound }
        let held = try await RoleStore.open(of: id, lock: .update, in: transaction)
        let (member, roles) = try checked { () throws(Faults) in
            try row.member.changed(action, roles: held, today: today)
        }
        try await keep(member, roles, as: "account.\(action.rawValue)", by: subject, reason, in: transaction)
        return member
    }

    /// What its owner reports is locked at once; whoever administers his cell settles the rest.
    private func report(
        _ id: MemberID, _ body: MisuseBody, by subject: String, in transaction: PostgresTransaction
    ) async throws -> Reply {
        guard let row = try await MemberStore.read(id, lock: .update, in: transaction) else { throw Problem.notFound }
        var member = row.member
        if member.account?.state != .locked, member.account?.state != .revoked {
            member = try await change(id, .lock, by: subject, .misuse, in: transaction)
        }
        let request = MemberRequest(
            id: kit.ids.next(at: kit.time.now), matter: .misuse, memberId: id, organizationId: member.cellId,
            text: body.text.text, openedAt: kit.time.now)
        try await open(request, by: subject, in: transaction)
        return try .json(.created, RequestView(request))
    }
}

extension Reason {
    fileprivate static let activation = Reason("activated by its owner")
    fileprivate static let misuse = Reason("misuse reported by its owner")
}

/// The body of `POST /v1/members/{id}/account/changes`.
struct AccountChangeBody: Decodable, Sendable {
    let action: AccountAction
    let reason: Reason

    private enum Key: CodingKey { case action, reason }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        action = try fields.decode(AccountAction.self, forKey: .action)
        guard action != .activate else {
            throw InvalidValue(
                field: "action", rule: "account.activated-by-owner",
                vietnamese: "Chỉ chủ tài khoản mới kích hoạt được tài khoản.",
                english: "Only its owner activates an account.")
        }
        reason = try fields.decode(Reason.self, forKey: .reason)
    }
}

/// The body of `POST /v1/me/account/misuse`.
struct MisuseBody: Decodable, Sendable {
    let text: RequestText
}

/// An account as its owner and those see it who administer it.
struct AccountView: Encodable {
    let memberId: MemberID
    let state: AccountState?
    let activatedOn: Day?
    let version: Int64

    init(_ member: Member) {
        memberId = member.id
        state = member.account?.state
        activatedOn = member.account?.activatedOn
        version = member.version
    }
}
