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
        guard try await Past.lastChange(of: result, in: transaction).map({ $0 <= day }) ?? true else {
            throw Problem(Faults([Self.beforeLastChange]))
        }
        let register = register(
            transaction, author: visitor.subject, reason: command.reason.text, effectiveOn: day)
        do {
            try await register.apply(result)
        } catch let error as PostgresError where error.constraint == "organizations_code" {
            throw Problem.codeTaken
        }
        for (action, subject, version) in audited(result, of: command, on: id) {
            try await kit.audit.record(
                action, subject: subject, actor: visitor.subject,
                details: Audited(version: version, reason: command.reason.text), in: transaction)
        }
        return result
    }

    /// What each part of a command is called in the audit, as when it happens alone.
    private func audited(
        _ result: Reorganized, of command: OrganizationCommand, on id: OrganizationID
    ) -> [(action: String, subject: String, version: Int64)] {
        result.founded.map { ("organization.entered", "\($0.id)", $0.version) }
            + result.organizations.map { organization in
                let isNamed = organization.id == id
                return (isNamed ? command.audited : "organization.changed", "\(organization.id)", organization.version)
            }
            + result.members.map { ("member.changed", "\($0.id)", $0.version) }
            + result.endedRoles.map { ("role.changed", "\($0.id)", $0.version) }
            + result.grantedRoles.map { ("role.granted", "\($0.id)", $0.version) }
    }

    private static let beforeLastChange = InvalidValue(
        field: "effectiveOn", rule: "organization.before-last-change",
        vietnamese: "Ngày có hiệu lực không được trước thay đổi gần nhất của tổ chức, đảng viên, vai trò liên quan.",
        english: "The day lies before the last change of something that this concerns.")

    /// What a command changes, nothing of it written yet; whatever it concerns is held until the transaction ends.
    func decided(
        _ command: OrganizationCommand, on id: OrganizationID, by visitor: Visitor, from day: Day,
        in transaction: PostgresTransaction
    ) async throws -> Reorganized {
        // Two changes of the tree at once could make a ring that neither sees.
        if command.concernsTree { try await OrganizationStore.lockTree(in: transaction) }
        // Members, then organisations, then roles: the order in which everybody locks.
        if command.concernsContents { try await MemberStore.holdMembers(of: id, in: transaction) }
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
        let counts = try await MemberStore.livingCounts(of: old.id, in: transaction)
        let around = OrganizationSurroundings(
            above: above, childTypes: try await OrganizationStore.childTypes(of: old.id, in: transaction),
            memberCount: counts.members, residentCount: counts.residents,
            roles: Set(try await RoleStore.open(at: old.id, on: today, in: transaction).map(\.role)))
        return Reorganized(
            changed: try checked { () throws(Faults) in try old.changed(body.change, around: around) })
    }

    private func merged(
        _ old: Organization, _ body: MergerBody, _ visitor: Visitor, from day: Day,
        in transaction: PostgresTransaction
    ) async throws -> Reorganized {
        let successor = try await place(body.intoId, "intoId", visitor, in: transaction)
        let contents = try await OrganizationStore.heldContents(of: old.id, in: transaction)
        let there = try await RoleStore.open(at: body.intoId, on: day, lock: .update, in: transaction)
        let path = try await ownPath(of: old, in: transaction)
        let result = try checked { () throws(Faults) in
            try old.closed(
                .merger(into: successor, on: day, keeping: Set(body.keptRoles ?? [])), with: contents, at: path,
                beside: there, ids: newID)
        }
        return try grantsOthersOnly(result, visitor)
    }

    private func dissolved(
        _ old: Organization, _ body: DissolutionBody, _ visitor: Visitor, from day: Day,
        in transaction: PostgresTransaction
    ) async throws -> Reorganized {
        let members = try await optionalPlace(body.membersToId, "membersToId", visitor, in: transaction)
        let below = try await optionalPlace(body.organizationsToId, "organizationsToId", visitor, in: transaction)
        let contents = try await OrganizationStore.heldContents(of: old.id, in: transaction)
        let path = try await ownPath(of: old, in: transaction)
        return try checked { () throws(Faults) in
            try old.closed(
                .dissolution(on: day, membersTo: members, organizationsTo: below), with: contents, at: path, ids: newID)
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
            // At the top only operators found anything.
            guard visitor.authority.administers(above) else { throw Problem.outsideAuthority }
            parts.append(
                SplitPart(
                    part.organization.draft, under: above, organizations: Set(part.organizationIds ?? []),
                    members: Set(part.memberIds ?? []), roles: Set(part.roleIds ?? [])))
        }
        let contents = try await OrganizationStore.heldContents(of: old.id, in: transaction)
        let result = try checked { [parts] () throws(Faults) in
            try old.split(into: parts, on: day, with: contents, ids: newID)
        }
        return try grantsOthersOnly(result, visitor)
    }

    /// Nobody carries his own role to another organisation.
    private func grantsOthersOnly(_ result: Reorganized, _ visitor: Visitor) throws(Problem) -> Reorganized {
        guard !result.grantedRoles.contains(where: { visitor.authority.holder == .member($0.memberId) }) else {
            throw .outsideAuthority
        }
        return result
    }

    private func ownPath(
        of organization: Organization, in transaction: PostgresTransaction
    ) async throws -> OrganizationPath {
        try await OrganizationStore.path(from: organization.id, in: transaction) ?? OrganizationPath([organization])
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
    /// Whether what stands at the organisation goes elsewhere.
    fileprivate var concernsContents: Bool {
        if case .change = self { false } else { true }
    }

    /// Whether the tree becomes another one.
    fileprivate var concernsTree: Bool {
        if case .change(let body) = self { body.change.concernsTree } else { true }
    }
}
