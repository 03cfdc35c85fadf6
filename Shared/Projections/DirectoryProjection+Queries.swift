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
        try await session.query(Self.asking(of: id)).first.map(Self.read)
    }

    /// The question that ``member(_:in:)`` asks, for whoever asks more at once.
    public static func asking(of member: MemberID) -> SQL {
        "SELECT state FROM directory_members WHERE id = \(member)"
    }

    /// The member of the answer, `nil` while he is unknown here.
    public static func member(_ answer: PostgresResult) throws -> MemberState? { try answer.rows.first.map(read) }

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

    /// The cells that members belong to; who is unknown here is left out.
    public func cells(
        of members: [MemberID], in session: any PostgresQueryable
    ) async throws -> [MemberID: OrganizationID] {
        let rows = try await session.query(
            "SELECT id, cell_id FROM directory_members WHERE id = ANY (\(members.map(\.value.uuid)))")
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0.get("id"), try $0.get("cell_id")) })
    }

    /// The roles in force at some organisations: one question for all of them.
    ///
    /// - Parameter member: whose own roles are wanted beside those, wherever he holds them.
    public func roles(
        at organizations: [OrganizationID], orOf member: MemberID? = nil, now: Date, in session: any PostgresQueryable
    ) async throws -> [HeldRole] {
        let others: SQL = member.map { " OR member_id = \($0)" } ?? ""
        return try await session.query(
            """
            SELECT member_id, organization_id, role,
                (SELECT p.member_id FROM directory_roles p WHERE p.id = \(Self.substituted)) AS principal
            FROM directory_roles
            WHERE (organization_id = ANY (\(organizations.map(\.value.uuid)))\(others)) AND \(Self.inForce(now))
            ORDER BY id
            """
        ).map { row in
            HeldRole(
                memberId: try row.get("member_id"), organizationId: try row.get("organization_id"),
                role: try row.get("role"), standsInFor: try row.get("principal"))
        }
    }

    /// Those of some roles at organisations that nobody holds now, though somebody did.
    ///
    /// One of which the copy knows nothing at all, not even that it ended, is none of them: the copy may just be filled
    /// again.
    public func vacant(
        of places: [(organization: OrganizationID, role: RoleName)], now: Date, in session: any PostgresQueryable
    ) async throws -> [(organization: OrganizationID, role: RoleName)] {
        let rows = try await session.query(
            """
            SELECT s.place
            FROM unnest(\(places.map(\.organization)), \(places.map(\.role.rawValue)))
                WITH ORDINALITY AS s (organization, held, place)
            WHERE EXISTS (
                SELECT 1 FROM directory_roles WHERE organization_id = s.organization AND role = s.held)
              AND NOT EXISTS (
                SELECT 1 FROM directory_roles
                WHERE organization_id = s.organization AND role = s.held AND \(Self.inForce(now)))
            ORDER BY s.place
            """)
        return try rows.map { places[try $0.get("place", as: Int.self) - 1] }
    }

    /// A role in force, and whose place its holder takes.
    public struct HeldRole: Hashable, Sendable {
        public let memberId: MemberID
        public let organizationId: OrganizationID
        public let role: RoleName
        /// The absent officer; nil for whoever holds the role in his own right.
        public let standsInFor: MemberID?
    }

    /// A substitute (người thay) has the rights of the officer he stands in for, so none once that role is over; that
    /// it is locked changes nothing for him.
    ///
    /// - Returns: a condition on a row of `directory_roles`.
    public static func inForce(_ now: Date) -> SQL {
        let today = Day(containing: now)
        return """
            status = \(RoleStatus.active.rawValue) AND valid_from <= \(today)
            AND (valid_to IS NULL OR valid_to >= \(today))
            AND (\(substituted) IS NULL OR EXISTS (
                SELECT 1 FROM directory_roles p
                WHERE p.id = \(substituted) AND p.status <> \(RoleStatus.ended.rawValue)
                  AND p.valid_from <= \(today) AND (p.valid_to IS NULL OR p.valid_to >= \(today))))
            """
    }

    /// The role that the holder of a row stands in for.
    private static let substituted: SQL = "(directory_roles.state ->> 'substituteForRoleId')::uuid"

    private static func read<State: Decodable>(_ row: PostgresRow) throws -> State {
        try ContractsJSON.decode(from: row.get("state", as: PostgresJSON.self).bytes)
    }
}
