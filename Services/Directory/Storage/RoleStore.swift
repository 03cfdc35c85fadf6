import Contracts
import DirectoryDomain
import Foundation
import Messaging
import Postgres

/// Roles as rows.
enum RoleStore {
    static func read(
        _ id: RoleID, lock: RowLock = .none, in session: any PostgresQueryable
    ) async throws -> HeldRole? {
        try await session.queryOptional("SELECT document FROM roles WHERE id = \(id) \(lock.clause)")
            .map(Documents.read)
    }

    /// The roles of a member that are not ended, in the order in which they are always locked.
    static func open(
        of member: MemberID, lock: RowLock = .none, in session: any PostgresQueryable
    ) async throws -> [HeldRole] {
        try await session.query(
            """
            SELECT document FROM roles WHERE member_id = \(member) AND status <> \(RoleStatus.ended.rawValue)
            ORDER BY id \(lock.clause)
            """
        ).map(Documents.read)
    }

    /// The roles at an organisation that are not ended, in the order in which they are always locked.
    ///
    /// - Parameter day: leaves out those whose last day is before it.
    static func open(
        at organization: OrganizationID, on day: Day? = nil, lock: RowLock = .none,
        in session: any PostgresQueryable
    ) async throws -> [HeldRole] {
        try await session.query(
            """
            SELECT document FROM roles
            WHERE organization_id = \(organization) AND status <> \(RoleStatus.ended.rawValue)
              AND (\(day)::date IS NULL OR coalesce((document ->> 'to')::date >= \(day), true))
            ORDER BY id \(lock.clause)
            """
        ).map(Documents.read)
    }

    static func page(
        member: MemberID?, organization: OrganizationID?, _ page: PageRequest, in session: any PostgresQueryable
    ) async throws -> [HeldRole] {
        try await session.query(
            """
            SELECT document FROM roles
            WHERE (\(member)::uuid IS NULL OR member_id = \(member))
              AND (\(organization)::uuid IS NULL OR organization_id = \(organization))
              AND (\(page.after)::uuid IS NULL OR id > \(page.after))
            ORDER BY id LIMIT \(page.limit + 1)
            """
        ).map(Documents.read)
    }

    static func insert(_ role: HeldRole, at now: Date, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO roles (id, version, member_id, organization_id, role, status, changed_at, document)
            VALUES (\(role.id), \(role.version), \(role.memberId), \(role.organizationId), \(role.role.rawValue),
                \(role.status.rawValue), \(now), \(try Documents.write(role)))
            """)
    }

    static func update(_ role: HeldRole, at now: Date, in transaction: PostgresTransaction) async throws {
        let updated = try await transaction.execute(
            """
            UPDATE roles SET version = \(role.version), status = \(role.status.rawValue), changed_at = \(now),
                document = \(try Documents.write(role))
            WHERE id = \(role.id) AND version = \(role.version - 1)
            """)
        guard updated == 1 else { throw VersionLost(id: role.id.value, version: role.version - 1) }
    }
}
