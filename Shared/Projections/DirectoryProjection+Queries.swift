public import Contracts
public import Foundation
public import Postgres

extension DirectoryProjection {
    /// The organisation, `nil` while it is unknown here.
    public func organization(
        _ id: OrganizationID, in session: any PostgresQueryable
    ) async throws -> OrganizationState? {
        try await session.query("SELECT state FROM directory_organizations WHERE id = \(id)").first.map(Self.read)
    }

    /// The organisation and its superiors by parent links, itself first, the top last; as far as they are known.
    public func path(
        from id: OrganizationID, in session: any PostgresQueryable
    ) async throws -> [OrganizationState] {
        // The depth is bounded in case the links form a ring.
        try await session.query(
            """
            WITH RECURSIVE path (id, depth) AS (
                SELECT \(id)::uuid, 0
                UNION ALL
                SELECT o.parent_id, p.depth + 1 FROM path p JOIN directory_organizations o ON o.id = p.id
                WHERE o.parent_id IS NOT NULL AND p.depth < 32)
            SELECT o.state FROM path p JOIN directory_organizations o ON o.id = p.id ORDER BY p.depth
            """
        ).map(Self.read)
    }

    /// The member, `nil` while he is unknown here.
    public func member(_ id: MemberID, in session: any PostgresQueryable) async throws -> MemberState? {
        try await session.query("SELECT state FROM directory_members WHERE id = \(id)").first.map(Self.read)
    }

    /// The roles of a member that are in force.
    public func roles(
        of member: MemberID, at now: Date, in session: any PostgresQueryable
    ) async throws -> [RoleState] {
        try await session.query(
            "SELECT state FROM directory_roles WHERE member_id = \(member) AND \(Self.inForce(now)) ORDER BY id"
        ).map(Self.read)
    }

    /// Who holds a role at an organisation now.
    public func holders(
        of role: RoleName, at organization: OrganizationID, now: Date, in session: any PostgresQueryable
    ) async throws -> [MemberID] {
        try await session.query(
            """
            SELECT DISTINCT member_id FROM directory_roles
            WHERE organization_id = \(organization) AND role = \(role.rawValue) AND \(Self.inForce(now))
            ORDER BY member_id
            """
        ).map { try $0.get("member_id") }
    }

    private static func inForce(_ now: Date) -> SQL {
        let today = Day(containing: now)
        return """
            status = \(RoleStatus.active.rawValue) AND valid_from <= \(today)
            AND (valid_to IS NULL OR valid_to >= \(today))
            """
    }

    private static func read<State: Decodable>(_ row: PostgresRow) throws -> State {
        try ContractsJSON.decode(from: row.get("state", as: PostgresJSON.self).bytes)
    }
}
