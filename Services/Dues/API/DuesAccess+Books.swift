import Contracts
import DuesDomain
import Postgres
import Projections
import ServiceKit

extension DuesAccess {
    /// Whether the caller may see a body's books: an operator, the officers of a cell theirs, and for it and everything
    /// below it the office, the inspection and the auditors.
    func requireReader(
        ofBooks organization: OrganizationID, _ caller: Caller, in session: any PostgresQueryable
    ) async throws {
        if caller.isOperator { return }
        guard let own = caller.memberID else { throw Problem.forbidden }
        try requireFreshRoles()
        let roles = try await directory.roles(of: own, at: kit.time.now, in: session)
        if roles.contains(where: { $0.organizationId == organization && Self.cellRoles.contains($0.role) }) { return }
        let path = Set(try await directory.path(from: organization, in: session).map(\.organizationId))
        let above = Self.superiorRoles.union(Self.readingRoles)
        guard roles.contains(where: { path.contains($0.organizationId) && above.contains($0.role) }) else {
            throw Problem.forbidden
        }
    }

    /// The organisation that has the business of another one now.
    func successor(of organization: OrganizationID, in session: any PostgresQueryable) async throws -> OrganizationID {
        try await session.query("SELECT successor_of(\(organization)) AS id").first.map { try $0.get("id") }
            ?? organization
    }

    /// An officer who handles the money of an organisation: of its office, or of the cell itself.
    func requireTreasurer(
        of organization: OrganizationID, _ officer: MemberID, in session: any PostgresQueryable
    ) async throws {
        guard try await directory.member(officer, in: session)?.mayEnter ?? true else { throw Problem.accountClosed }
        guard try await isTreasurer(of: organization, officer, in: session) else { throw Problem.forbidden }
    }

    /// Whether somebody handles the money of an organisation.
    func isTreasurer(
        of organization: OrganizationID, _ officer: MemberID, in session: any PostgresQueryable
    ) async throws -> Bool {
        try requireFreshRoles()
        let wanted = Self.superiorRoles.union(Self.cellRoles)
        return try await directory.roles(of: officer, at: kit.time.now, in: session).contains {
            $0.organizationId == organization && wanted.contains($0.role)
        }
    }
}
