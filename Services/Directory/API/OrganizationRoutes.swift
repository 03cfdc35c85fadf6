import Contracts
import DirectoryDomain
import HTTPTypes
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/organizations`
extension DirectoryDesk {
    func addOrganizations(to router: Router<HosoRequestContext>) {
        router.post("/v1/organizations") { request, context in
            try await kit.idempotent(request, context, as: NewOrganization.self) { body, transaction in
                try await found(body, context, in: transaction)
            }
        }
        router.post("/v1/organizations/:id/changes") { request, context in
            let id = try id(context, as: OrganizationID.self)
            return try await kit.idempotent(request, context, as: OrganizationChangeBody.self) { body, transaction in
                try await change(id, body, context, in: transaction)
            }
        }
        router.get("/v1/organizations/:id") { _, context in
            // Who stands where is no secret among those who are signed in.
            _ = try context.requireCaller()
            let id = try id(context, as: OrganizationID.self)
            guard let path = try await OrganizationStore.path(from: id, in: kit.pool), let view = OrganizationView(path)
            else { throw Problem.notFound }
            return try Reply.json(.ok, view)
        }
        router.get("/v1/organizations") { request, context in
            _ = try context.requireCaller()
            let page = try PageRequest(request)
            let found = try await OrganizationStore.page(
                parent: Query.value("parentId", request, OrganizationID.init),
                type: Query.value("type", request, OrganizationType.init), page, in: kit.pool)
            return try Reply.json(.ok, PageView(found, page, id: \.id.value, item: \.view))
        }
    }

    private func found(
        _ body: NewOrganization, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let (subject, authority) = try await visitor(context, in: transaction)
        var above: OrganizationPath?
        if let parentId = body.draft.parentId {
            above = try await path(parentId, field: "parentId", in: transaction)
        }
        guard authority.administers(above) else { throw Problem.outsideAuthority }
        let organization = try checked { () throws(Faults) in
            try Organization.founded(kit.ids.next(at: kit.time.now), body.draft, under: above)
        }
        do {
            try await register(transaction, author: subject, reason: body.reason.text).add(organization)
        } catch let error as PostgresError where error.constraint == "organizations_code" {
            throw Problem.codeTaken
        }
        try await kit.audit.record(
            "organization.entered", subject: "\(organization.id)", actor: subject,
            details: Audited(version: 1, reason: body.reason.text), in: transaction)
        return try .json(
            .created, organization.view, headers: [.location: "/v1/organizations/\(organization.id)"])
    }

    private func change(
        _ id: OrganizationID, _ body: OrganizationChangeBody, _ context: HosoRequestContext,
        in transaction: PostgresTransaction
    ) async throws -> Reply {
        let (subject, authority) = try await visitor(context, in: transaction)
        if body.change.concernsTree { try await OrganizationStore.lockTree(in: transaction) }
        guard let old = try await OrganizationStore.read(id, lock: .update, in: transaction) else {
            throw Problem.notFound
        }
        let above = try await aboveAfter(body.change, of: old, in: transaction)
        let path = try await OrganizationStore.path(from: id, in: transaction)
        // Both ends of a move are within the authority, or it is none of his.
        guard authority.administers(path), body.change.parentId == nil || authority.administers(above) else {
            throw Problem.outsideAuthority
        }
        let around = OrganizationSurroundings(
            above: above, childTypes: try await OrganizationStore.childTypes(of: id, in: transaction),
            memberCount: try await MemberStore.livingCount(of: id, in: transaction),
            successor: try await successor(body.change, in: transaction))
        let organization = try checked { () throws(Faults) in try old.changed(body.change, around: around) }
        try await register(transaction, author: subject, reason: body.reason.text).change(organization)
        try await kit.audit.record(
            "organization.changed", subject: "\(id)", actor: subject,
            details: Audited(version: organization.version, reason: body.reason.text), in: transaction)
        return try .json(.ok, organization.view)
    }

    private func aboveAfter(
        _ change: OrganizationChange, of old: Organization, in transaction: PostgresTransaction
    ) async throws -> OrganizationPath? {
        if let parentId = change.parentId { return try await path(parentId, field: "parentId", in: transaction) }
        guard let parentId = old.parentId else { return nil }
        return try await OrganizationStore.path(from: parentId, in: transaction)
    }

    private func successor(
        _ change: OrganizationChange, in transaction: PostgresTransaction
    ) async throws -> Organization? {
        guard let id = change.mergedIntoId else { return nil }
        return try await path(id, field: "mergedIntoId", in: transaction).first
    }
}

/// What an audit row says of a change.
struct Audited: Encodable {
    let version: Int64
    let reason: String
}
