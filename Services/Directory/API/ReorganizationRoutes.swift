import Contracts
import DirectoryDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/organizations/{id}/merger`, `dissolution`, `split`: what changes several organisations at once.
extension DirectoryDesk {
    func addReorganizations(to router: Router<HosoRequestContext>) {
        router.post("/v1/organizations/:id/merger") { request, context in
            let id = try id(context, as: OrganizationID.self)
            return try await kit.idempotent(request, context, as: MergerBody.self) { body, transaction in
                try await reorganize(
                    id, "merged", on: body.effectiveOn, body.reason, context, in: transaction
                ) { old, contents, day, authority in
                    let successor = try await place(body.intoId, "intoId", authority, in: transaction)
                    let there = try await RoleStore.open(at: body.intoId, lock: .update, in: transaction)
                    return try checked { () throws(Faults) in
                        try old.closed(
                            .merger(into: successor, on: day, keeping: Set(body.keptRoles ?? [])), with: contents,
                            beside: there, ids: newID)
                    }
                }
            }
        }
        router.post("/v1/organizations/:id/dissolution") { request, context in
            let id = try id(context, as: OrganizationID.self)
            return try await kit.idempotent(request, context, as: DissolutionBody.self) { body, transaction in
                try await reorganize(
                    id, "dissolved", on: body.effectiveOn, body.reason, context, in: transaction
                ) { old, contents, day, authority in
                    let members = try await optionalPlace(body.membersToId, "membersToId", authority, in: transaction)
                    let below = try await optionalPlace(body.organizationsToId, "organizationsToId", authority, in: transaction)
                    return try checked { () throws(Faults) in
                        try old.closed(
                            .dissolution(on: day, membersTo: members, organizationsTo: below), with: contents,
                            ids: newID)
                    }
                }
            }
        }
        router.post("/v1/organizations/:id/split") { request, context in
            let id = try id(context, as: OrganizationID.self)
            return try await kit.idempotent(request, context, as: SplitBody.self) { body, transaction in
                try await reorganize(
                    id, "split", on: body.effectiveOn, body.reason, context, in: transaction
                ) { old, contents, day, authority in
                    var parts: [SplitPart] = []
                    for (index, part) in body.parts.enumerated() {
                        let field = "parts[\(index)].organization.parentId"
                        let above = try await optionalPlace(
                            part.organization.draft.parentId, field, authority, in: transaction)
                        parts.append(
                            SplitPart(
                                part.organization.draft, under: above, organizations: Set(part.organizationIds ?? []),
                                members: Set(part.memberIds ?? []), roles: Set(part.roleIds ?? [])))
                    }
                    return try checked { [parts] () throws(Faults) in
                        try old.split(into: parts, on: day, with: contents, ids: newID)
                    }
                }
            }
        }
    }

    private func newID() -> UUIDv7 { kit.ids.next(at: kit.time.now) }

    /// Takes the organisation with all that stands at it, lets the rule decide, and writes what it says.
    private func reorganize(
        _ id: OrganizationID, _ action: String, on day: Day?, _ reason: Reason, _ context: HosoRequestContext,
        in transaction: PostgresTransaction,
        _ decide: (Organization, OrganizationContents, Day, Authority) async throws -> Reorganized
    ) async throws -> Reply {
        let (subject, authority) = try await visitor(context, in: transaction)
        try await OrganizationStore.lockTree(in: transaction)
        guard let old = try await OrganizationStore.read(id, lock: .update, in: transaction) else {
            throw Problem.notFound
        }
        guard authority.administers(try await OrganizationStore.path(from: id, in: transaction)) else {
            throw Problem.outsideAuthority
        }
        let day = day ?? today
        guard day <= today else { throw Problem(Faults([Faults.inFuture("effectiveOn")])) }
        let contents = try await OrganizationStore.heldContents(of: id, in: transaction)
        let result = try await decide(old, contents, day, authority)
        do {
            try await register(transaction, author: subject, reason: reason.text, effectiveOn: day).apply(result)
        } catch let error as PostgresError where error.constraint == "organizations_code" {
            throw Problem.codeTaken
        }
        try await kit.audit.record(
            "organization.\(action)", subject: "\(id)", actor: subject,
            details: Audited(version: result.organizations.last?.version ?? old.version, reason: reason.text),
            in: transaction)
        return try .json(.ok, ReorganizedView(result))
    }

    /// A place that something goes to: the author administers it too.
    private func place(
        _ id: OrganizationID, _ field: String, _ authority: Authority, in transaction: PostgresTransaction
    ) async throws -> OrganizationPath {
        let found = try await path(id, field: field, in: transaction)
        guard authority.administers(found) else { throw Problem.outsideAuthority }
        return found
    }

    private func optionalPlace(
        _ id: OrganizationID?, _ field: String, _ authority: Authority, in transaction: PostgresTransaction
    ) async throws -> OrganizationPath? {
        guard let id else { return nil }
        return try await place(id, field, authority, in: transaction)
    }
}
