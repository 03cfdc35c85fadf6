import Contracts
import DirectoryDomain
import Foundation
import Messaging
import Postgres

/// Organisations as rows.
enum OrganizationStore {
    static func read(
        _ id: OrganizationID, lock: RowLock = .none, in session: any PostgresQueryable
    ) async throws -> Organization? {
        try await session.queryOptional("SELECT document FROM organizations WHERE id = \(id) \(lock.clause)")
            .map(Documents.read)
    }

    /// The organisation and those above it; nothing when it is unknown.
    static func path(from id: OrganizationID, in session: any PostgresQueryable) async throws -> OrganizationPath? {
        let organizations: [Organization] = try await session.query(
            """
            WITH RECURSIVE path (id, depth) AS (
                SELECT \(id)::uuid, 0
                UNION ALL
                SELECT o.parent_id, p.depth + 1 FROM path p JOIN organizations o ON o.id = p.id
                WHERE o.parent_id IS NOT NULL AND p.depth < 32)
            SELECT o.document FROM path p JOIN organizations o ON o.id = p.id ORDER BY p.depth
            """
        ).map(Documents.read)
        return organizations.isEmpty ? nil : OrganizationPath(organizations)
    }

    /// The table `below (id)` of a recursive query: an organisation and everything below it.
    static func below(_ id: OrganizationID) -> SQL {
        """
        below (id) AS (
            SELECT \(id)::uuid
            UNION
            SELECT o.id FROM organizations o JOIN below ON o.parent_id = below.id)
        """
    }

    /// What acts today for an organisation: itself, or whatever it was merged into; nothing when it is unknown.
    static func acting(for id: OrganizationID, in session: any PostgresQueryable) async throws -> Organization? {
        var found = try await read(id, in: session)
        // A chain of mergers has no ring: each names one that was active then.
        while let one = found, one.status == .merged, let next = one.mergedIntoId {
            found = try await read(next, in: session)
        }
        return found
    }

    /// The same, with the organisation itself kept from changing until the transaction ends.
    static func heldPath(
        from id: OrganizationID, in transaction: PostgresTransaction
    ) async throws -> OrganizationPath? {
        guard try await read(id, lock: .share, in: transaction) != nil else { return nil }
        return try await path(from: id, in: transaction)
    }

    /// Keeps the whole tree as it is until the transaction ends: two changes at once could make a ring that neither
    /// sees.
    static func lockTree(in transaction: PostgresTransaction) async throws {
        try await transaction.lockAdvisory(AdvisoryLockKey(named: "hoso.directory.tree"))
    }

    static func childTypes(
        of id: OrganizationID, in session: any PostgresQueryable
    ) async throws -> Set<OrganizationType> {
        let names: [String] = try await session.query(
            """
            SELECT DISTINCT type FROM organizations
            WHERE parent_id = \(id) AND status = \(OrganizationStatus.active.rawValue)
            """
        ).map { try $0.get("type") }
        return Set(names.compactMap(OrganizationType.init))
    }

    static func page(
        parent: OrganizationID?, type: OrganizationType?, _ page: PageRequest, in session: any PostgresQueryable
    ) async throws -> [Organization] {
        try await session.query(
            """
            SELECT document FROM organizations
            WHERE (\(parent)::uuid IS NULL OR parent_id = \(parent))
              AND (\(type?.rawValue)::text IS NULL OR type = \(type?.rawValue))
              AND (\(page.after)::uuid IS NULL OR id > \(page.after))
            ORDER BY id LIMIT \(page.limit + 1)
            """
        ).map(Documents.read)
    }

    static func insert(_ organization: Organization, at now: Date, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO organizations (id, version, code, type, parent_id, status, changed_at, document)
            VALUES (\(organization.id), \(organization.version), \(organization.code), \(organization.type.rawValue),
                \(organization.parentId), \(organization.status.rawValue), \(now),
                \(try Documents.write(organization)))
            """)
    }

    static func update(_ organization: Organization, at now: Date, in transaction: PostgresTransaction) async throws {
        let updated = try await transaction.execute(
            """
            UPDATE organizations SET version = \(organization.version), type = \(organization.type.rawValue),
                parent_id = \(organization.parentId), status = \(organization.status.rawValue), changed_at = \(now),
                document = \(try Documents.write(organization))
            WHERE id = \(organization.id) AND version = \(organization.version - 1)
            """)
        guard updated == 1 else { throw VersionLost(id: organization.id.value, version: organization.version - 1) }
    }
}

/// An aggregate was changed by somebody who did not hold its lock.
struct VersionLost: Error, CustomStringConvertible {
    let id: UUIDv7
    let version: Int64

    var description: String { "\(id) is no longer at version \(version)" }
}
