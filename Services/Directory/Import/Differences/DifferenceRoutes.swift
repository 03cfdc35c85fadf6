import Contracts
import DirectoryDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/differences`
struct DifferenceRoutes: Sendable {
    let desk: DirectoryDesk

    private var kit: ServiceContext { desk.kit }

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/differences") { try await list($0, $1) }
        router.get("/v1/differences/counts") { try await count($0, $1) }
        router.post("/v1/differences/:id/settlement") { try await settle($0, $1) }
    }

    private func list(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let limit = try PageRequest.limit(request)
        let after = try Query.value("after", request, Int64.init) ?? 0
        return try await kit.pool.transaction { transaction in
            let filter = try await filter(request, context, in: transaction)
            let found = try await DifferenceStore.page(filter, after: after, limit: limit + 1, in: transaction)
            try await note("differences.listed", filter, context, in: transaction)
            return try Reply.json(
                .ok,
                DifferencePage(
                    items: found.prefix(limit).map(DifferenceView.init),
                    next: found.count > limit ? found[limit - 1].id : nil))
        }
    }

    private func count(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        try await kit.pool.transaction { transaction in
            let filter = try await filter(request, context, in: transaction)
            return try Reply.json(.ok, ["items": try await DifferenceStore.counts(filter, in: transaction)])
        }
    }

    private func settle(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        guard let id = context.parameters.get("id").flatMap(Int64.init) else { throw Problem.notFound }
        return try await kit.idempotent(request, context, as: SettlementBody.self) { body, transaction in
            let visitor = try await desk.visitor(context, in: transaction)
            let settled = try await Settlement(desk: desk, visitor: visitor, body: body, transaction: transaction)
                .settle(id)
            return try .json(.ok, DifferenceView(settled))
        }
    }

    /// Names and values of members are for those only who may see them there.
    private func filter(
        _ request: Request, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> DifferenceStore.Filter {
        let visitor = try await desk.visitor(context, in: transaction)
        var filter = DifferenceStore.Filter()
        filter.organization = try Query.value("organizationId", request, OrganizationID.init)
        filter.subject = try Query.value("subject", request, ImportSubject.init)
        filter.kind = try Query.value("kind", request, DifferenceKind.init)
        filter.state = try Query.value("state", request, Difference.State.init)
        filter.settler = try Query.value("settler", request, Settler.init)
        guard visitor.authority.holder != .operating else { return filter }
        guard let place = filter.organization else { throw Query.invalid("organizationId") }
        guard let path = try await OrganizationStore.path(from: place, in: transaction) else { throw Problem.notFound }
        guard visitor.authority.readsRoles(at: path) else { throw Problem.outsideAuthority }
        return filter
    }

    private func note(
        _ action: String, _ filter: DifferenceStore.Filter, _ context: HosoRequestContext,
        in transaction: PostgresTransaction
    ) async throws {
        try await kit.audit.record(
            action, subject: filter.organization.map { "\($0)" } ?? "all", actor: try context.requireCaller().subject,
            in: transaction)
    }
}

/// A part of the list.
struct DifferencePage: Encodable {
    let items: [DifferenceView]
    /// Give it as `after` for the next part; absent on the last one.
    let next: Int64?
}

/// A difference as those see it who may settle it.
struct DifferenceView: Encodable {
    let id: Int64
    let subject: ImportSubject
    let kind: DifferenceKind
    /// The number or code in the source.
    let key: String
    let field: String?
    let sourceValue: String?
    let ourValue: String?
    let memberId: MemberID?
    let otherMemberId: MemberID?
    let organizationId: OrganizationID?
    /// The name of somebody whom only the source has.
    let fullName: String?
    let settler: Settler
    let actions: [SettlementAction]
    let state: Difference.State
    let outcome: String?
    let reason: String?
    let settledAt: Date?
    let foundAt: Date

    init(_ difference: Difference) {
        struct Named: Decodable { let fullName: String? }
        id = difference.id
        subject = difference.subject
        kind = difference.kind
        key = difference.key
        field = difference.field.isEmpty ? nil : difference.field
        sourceValue = difference.sourceValue
        ourValue = difference.ourValue
        memberId = difference.memberID
        otherMemberId = difference.otherMemberID
        organizationId = difference.organizationID
        fullName = difference.record.flatMap { try? ContractsJSON.decode(Named.self, from: $0.bytes).fullName }
        settler = difference.settler
        actions = difference.actions.sorted { $0.rawValue < $1.rawValue }
        state = difference.state
        outcome = difference.outcome
        reason = difference.reason
        settledAt = difference.settledAt
        foundAt = difference.foundAt
    }
}
