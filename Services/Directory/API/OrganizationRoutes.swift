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
        router.get("/v1/organizations/:id") { request, context in
            // Who stands where is no secret among those who are signed in.
            _ = try context.requireCaller()
            let id = try id(context, as: OrganizationID.self)
            let path =
                if let day = try Query.day("on", request) {
                    try await Past.path(from: id, on: day, in: kit.pool)
                } else {
                    try await OrganizationStore.path(from: id, in: kit.pool)
                }
            guard let path, let view = OrganizationView(path) else { throw Problem.notFound }
            return try Reply.json(.ok, view)
        }
        router.get("/v1/organizations/:id/history") { request, context in
            let id = try id(context, as: OrganizationID.self)
            let authority = try await visitor(context, in: kit.pool).authority
            let tellsWhy = authority.administers(try await OrganizationStore.path(from: id, in: kit.pool))
            return try await history(of: "organization", id.value, request, tellsWhy: tellsWhy, in: kit.pool) {
                try ContractsJSON.decode(Organization.self, from: $0).published
            }
        }
        router.get("/v1/organizations") { request, context in
            _ = try context.requireCaller()
            let page = try PageRequest(request)
            let parent = try Query.value("parentId", request, OrganizationID.init)
            let type = try Query.value("type", request, OrganizationType.init)
            if let day = try Query.day("on", request) {
                // Of the past only the tree is searched, from the top down.
                guard let parent, type == nil else { throw Query.invalid("on") }
                let found = try await Past.organizations(under: parent, on: day, page, in: kit.pool)
                return try Reply.json(.ok, PageView(found, page, id: \.id.value, item: \.view))
            }
            let found = try await OrganizationStore.page(parent: parent, type: type, page, in: kit.pool)
            return try Reply.json(.ok, PageView(found, page, id: \.id.value, item: \.view))
        }
    }

    private func found(
        _ body: NewOrganization, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let visitor = try await visitor(context, in: transaction)
        let (subject, authority) = (visitor.subject, visitor.authority)
        var above: OrganizationPath?
        if let parentId = body.draft.parentId {
            above = try await path(parentId, field: "parentId", in: transaction)
        }
        guard authority.administers(above) else { throw Problem.outsideAuthority }
        guard body.draft.bankAccounts.isEmpty || authority.holder == .operating else {
            throw Problem(Faults([SplitPart.accountsByProposal("bankAccounts")]))
        }
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
}

/// What an audit row says of a change.
struct Audited: Encodable {
    let version: Int64
    let reason: String
}
