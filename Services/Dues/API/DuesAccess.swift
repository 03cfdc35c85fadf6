import Contracts
import Postgres
import Projections
import ServiceKit

/// Who may see and do what with the dues of others; roles come from this service's copy of Directory.
struct DuesAccess: Sendable {
    let kit: ServiceContext
    let directory: DirectoryProjection

    /// At the member's own cell.
    private static let cellRoles: Set<RoleName> = [.cellSecretary, .cellDeputy, .cellDuesOfficer]
    /// At the cell or anywhere above it.
    private static let superiorRoles: Set<RoleName> = [.officeOfficer]
    /// They read, and do nothing.
    private static let readingRoles: Set<RoleName> = [.inspector, .auditor]

    /// Whether the caller may see the dues of a member: the member, the officers of the cell, and above it the office,
    /// the inspection and the auditors.
    func requireReader(
        of member: MemberID, _ caller: Caller, in session: any PostgresQueryable
    ) async throws {
        try await require(
            caller, for: member, Self.superiorRoles.union(Self.readingRoles), in: session)
    }

    /// Whether the caller may pay for a member.
    func requirePayer(for member: MemberID, _ caller: Caller, in session: any PostgresQueryable) async throws {
        try await require(caller, for: member, Self.superiorRoles, in: session)
    }

    private func require(
        _ caller: Caller, for member: MemberID, _ above: Set<RoleName>, in session: any PostgresQueryable
    ) async throws {
        guard let own = caller.memberID else { throw Problem.forbidden }
        if own == member { return }
        try requireFreshRoles()
        guard let state = try await directory.member(member, in: session) else { throw Problem.forbidden }
        let roles = try await directory.roles(of: own, at: kit.time.now, in: session)
        if roles.contains(where: { $0.organizationId == state.cellId && Self.cellRoles.contains($0.role) }) { return }
        let path = Set(try await directory.path(from: state.cellId, in: session).map(\.organizationId))
        guard roles.contains(where: { path.contains($0.organizationId) && above.contains($0.role) }) else {
            throw Problem.forbidden
        }
    }

    /// The organisation in whose name the caller acts for the dues: an operator for any or all, an officer of the
    /// office for his own or one below it.
    func requireOffice(
        _ caller: Caller, asked organization: OrganizationID?, in session: any PostgresQueryable
    ) async throws -> OrganizationID? {
        if caller.isOperator { return organization }
        guard let own = caller.memberID else { throw Problem.forbidden }
        try requireFreshRoles()
        let places = try await directory.roles(of: own, at: kit.time.now, in: session)
            .filter { $0.role == .officeOfficer }.map(\.organizationId)
        guard let organization else {
            guard let only = places.first, Set(places).count == 1 else { throw Problem.forbidden }
            return only
        }
        let path = Set(try await directory.path(from: organization, in: session).map(\.organizationId))
        guard !path.isDisjoint(with: places) else { throw Problem.forbidden }
        return organization
    }

    private func requireFreshRoles() throws { try kit.requireFresh(DirectoryProjection.consumerName(of: kit.service)) }
}
