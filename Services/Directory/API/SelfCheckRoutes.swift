import Contracts
import DirectoryDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/me/data`: a member goes through his own data field by field, confirms it or says what it should be.
extension DirectoryDesk {
    func addSelfCheck(to router: Router<HosoRequestContext>) {
        router.get("/v1/me/data") { _, context in
            let id = try context.requireMember().id
            return try await Reply.json(.ok, fields(of: id, in: kit.pool))
        }
        router.post("/v1/me/data/confirmations") { request, context in
            let id = try context.requireMember().id
            return try await kit.idempotent(request, context, as: ConfirmationBody.self) { body, transaction in
                let member = try await ownData(id, in: transaction)
                for field in MemberField.allCases where body.fields.contains(field) {
                    try await ConfirmationStore.confirm(
                        field, value: member.text(of: field), of: id, at: kit.time.now, in: transaction)
                }
                return try await .json(.ok, fields(of: id, in: transaction))
            }
        }
        router.post("/v1/me/data/disputes") { request, context in
            let (caller, id) = try context.requireMember()
            return try await kit.idempotent(request, context, as: DisputeBody.self) { body, transaction in
                let member = try await ownData(id, in: transaction)
                // What could not be written is refused now, and not when somebody accepts it.
                try checked { () throws(Faults) in try member.check(body.stated, as: body.field, today: today) }
                let request = MemberRequest(
                    id: kit.ids.next(at: kit.time.now), matter: .data, memberId: id, organizationId: member.cellId,
                    field: body.field, stated: body.stated, text: body.text.text, openedAt: kit.time.now)
                try await open(request, by: caller.subject, in: transaction)
                return try .json(.created, RequestView(request))
            }
        }
        router.get("/v1/organizations/:id/data-checks") { _, context in
            let id = try id(context, as: OrganizationID.self)
            let authority = try await visitor(context, in: kit.pool).authority
            guard let path = try await OrganizationStore.path(from: id, in: kit.pool) else { throw Problem.notFound }
            guard authority.readsRoles(at: path) else { throw Problem.outsideAuthority }
            return try await Reply.json(.ok, ConfirmationStore.figures(under: id, in: kit.pool))
        }
    }

    /// The member's own row, when something may be entered under his account.
    private func ownData(_ id: MemberID, in transaction: PostgresTransaction) async throws -> Member {
        guard let row = try await MemberStore.read(id, lock: .update, in: transaction) else { throw Problem.notFound }
        guard row.member.published.mayEnter, row.member.effects.account == .active else { throw Problem.accountClosed }
        return row.member
    }

    private func fields(of id: MemberID, in session: any PostgresQueryable) async throws -> CheckedFieldsView {
        guard let row = try await MemberStore.read(id, in: session) else { throw Problem.notFound }
        let confirmations = try await ConfirmationStore.all(of: id, in: session)
        let disputed = try await RequestStore.disputed(by: id, in: session)
        return CheckedFieldsView(
            fields: MemberField.allCases.map { field in
                CheckedFieldsView.Field(
                    field, value: row.member.text(of: field), confirmation: confirmations[field.rawValue],
                    isDisputed: disputed.contains(field))
            })
    }
}

/// The body of `POST /v1/me/data/confirmations`.
struct ConfirmationBody: Decodable, Sendable {
    let fields: Set<MemberField>
}

/// The body of `POST /v1/me/data/disputes`.
struct DisputeBody: Decodable, Sendable {
    let field: MemberField
    /// What it should be.
    let stated: String
    let text: RequestText
}

/// A member's data as he checks it.
struct CheckedFieldsView: Encodable {
    enum State: String, Encodable {
        case unchecked, confirmed, disputed
    }

    struct Field: Encodable {
        let field: MemberField
        let label: String
        let value: String?
        let state: State
        let confirmedAt: Date?

        init(
            _ field: MemberField, value: String?, confirmation: ConfirmationStore.Confirmation?, isDisputed: Bool
        ) {
            self.field = field
            label = field.vietnamese
            self.value = value
            // What was confirmed is this value; another one has to be looked at again.
            let holds = confirmation.map { $0.value == value } ?? false
            state = isDisputed ? .disputed : holds ? .confirmed : .unchecked
            confirmedAt = holds ? confirmation?.confirmedAt : nil
        }
    }

    let fields: [Field]
}
