import Contracts
import DirectoryDomain
import Foundation
import Postgres
import ServiceKit

/// Carries out what is decided about organisations.
extension DirectoryDesk {
    /// Decides and writes a command, with everything that it changes elsewhere.
    func carryOut(
        _ command: OrganizationCommand, on id: OrganizationID, by visitor: Visitor, from day: Day,
        in transaction: PostgresTransaction
    ) async throws -> Reorganized {
        let result = try await decided(command, on: id, by: visitor, from: day, in: transaction)
        let register = register(
            transaction, author: visitor.subject, reason: command.reason.text, effectiveOn: day)
        do {
            try await register.apply(result)
        } catch let error as PostgresError where error.constraint == "organizations_code" {
            throw Problem.codeTaken
        }
        for organization in result.founded + result.organizations {
            try await kit.audit.record(
                command.audited, subject: "\(organization.id)", actor: visitor.subject,
                details: Audited(version: organization.version, reason: command.reason.text), in: transaction)
        }
        return result
    }

    /// What a command changes, nothing of it written yet; whatever it concerns is held until the transaction ends.
    func decided(
        _ command: OrganizationCommand, on id: OrganizationID, by visitor: Visitor, from day: Day,
        in transaction: PostgresTransaction
    ) async throws -> Reorganized {
        // Two changes of the tree at once could make a ring that neither sees.
        if command.concernsTree { try await OrganizationStore.lockTree(in: transaction) }
        guard let old = try await OrganizationStore.read(id, lock: .update, in: transaction) else {
            throw Problem.notFound
        }
        guard visitor.authority.administers(try await OrganizationStore.path(from: id, in: transaction)) else {
            throw Problem.outsideAuthority
        }
        switch command {
        case .change(let body): return try await changed(old, body, visitor, in: transaction)
        case .merger(let body): return try await merged(old, body, visitor, from: day, in: transaction)
        case .dissolution(let body): return try await dissolved(old, body, visitor, from: day, in: transaction)
        case .split(let body): return try await split(old, body, visitor, from: day, in: transaction)
        }
    }

    private func changed(
        _ old: Organization, _ body: OrganizationChangeBody, _ visitor: Visitor, in transaction: PostgresTransaction
    ) async throws -> Reorganized {
        let above: OrganizationPath?
        if let parentId = body.change.parentId {
            above = try await place(parentId, "parentId", visitor, in: transaction)
        } else if let parentId = old.parentId {
            above = try await OrganizationStore.path(from: parentId, in: transaction)
        } else {
            above = nil
        }
        let around = OrganizationSurroundings(
            above: above, childTypes: try await OrganizationStore.childTypes(of: old.id, in: transaction),
            memberCount: try await MemberStore.livingCount(of: old.id, in: transaction),
            roles: Set(try await RoleStore.open(at: old.id, in: transaction).map(\.role)))
        return Reorganized(
            changed: try checked { () throws(Faults) in try old.changed(body.change, around: around) })
    }

    private func merged(
        _ old: Organization, _ body: MergerBody, _ visitor: Visitor, from day: Day,
        in transaction: PostgresTransaction
    ) async throws -> Reorganized {
        let successor = try await place(body.intoId, "intoId", visitor, in: transaction)
        let contents = try await OrganizationStore.heldContents(of: old.id, in: transaction)
        let there = try await RoleStore.open(at: body.intoId, lock: .update, in: transaction)
        return try checked { () throws(Faults) in
            try old.closed(
                .merger(into: successor, on: day, keeping: Set(body.keptRoles ?? [])), with: contents, beside: there,
                ids: newID)
        }
    }

    private func dissolved(
        _ old: Organization, _ body: DissolutionBody, _ visitor: Visitor, from day: Day,
        in transaction: PostgresTransaction
    ) async throws -> Reorganized {
        let members = try await optionalPlace(body.membersToId, "membersToId", visitor, in: transaction)
        let below = try await optionalPlace(body.organizationsToId, "organizationsToId", visitor, in: transaction)
        let contents = try await OrganizationStore.heldContents(of: old.id, in: transaction)
        return try checked { () throws(Faults) in
            try old.closed(
                .dissolution(on: day, membersTo: members, organizationsTo: below), with: contents, ids: newID)
        }
    }

    private func split(
        _ old: Organization, _ body: SplitBody, _ visitor: Visitor, from day: Day,
        in transaction: PostgresTransaction
    ) async throws -> Reorganized {
        var parts: [SplitPart] = []
        for (index, part) in body.parts.enumerated() {
            let above = try await optionalPlace(
                part.organization.draft.parentId, "parts[\(index)].organization.parentId", visitor, in: transaction)
            parts.append(
                SplitPart(
                    part.organization.draft, under: above, organizations: Set(part.organizationIds ?? []),
                    members: Set(part.memberIds ?? []), roles: Set(part.roleIds ?? [])))
        }
        let contents = try await OrganizationStore.heldContents(of: old.id, in: transaction)
        return try checked { [parts] () throws(Faults) in
            try old.split(into: parts, on: day, with: contents, ids: newID)
        }
    }

    private func newID() -> UUIDv7 { kit.ids.next(at: kit.time.now) }

    /// A place that something goes to: its author administers both ends, or it is none of his business.
    private func place(
        _ id: OrganizationID, _ field: String, _ visitor: Visitor, in transaction: PostgresTransaction
    ) async throws -> OrganizationPath {
        let found = try await path(id, field: field, in: transaction)
        guard visitor.authority.administers(found) else { throw Problem.outsideAuthority }
        return found
    }

    private func optionalPlace(
        _ id: OrganizationID?, _ field: String, _ visitor: Visitor, in transaction: PostgresTransaction
    ) async throws -> OrganizationPath? {
        guard let id else { return nil }
        return try await place(id, field, visitor, in: transaction)
    }
}

extension OrganizationCommand {
    /// Whether the tree becomes another one.
    fileprivate var concernsTree: Bool {
        if case .change(let body) = self { body.change.concernsTree } else { true }
    }
}
