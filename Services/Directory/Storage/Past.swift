import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// What was kept of an aggregate: every version, and the one that held on a day.
enum Past {
    /// One version of an aggregate.
    struct Version: PostgresRowDecodable, Sendable {
        let version: Int64
        /// When it was written.
        let at: Date
        /// The first day on which it holds.
        let effectiveOn: Day
        /// Who wrote it: the subject of a token, or a service.
        let author: String
        let reason: String
        let document: PostgresJSON

        init(row: PostgresRow) throws {
            version = try row.get("version")
            at = try row.get("at")
            effectiveOn = try row.get("effective_on")
            author = try row.get("author")
            reason = try row.get("reason")
            document = try row.get("document")
        }
    }

    /// Rows of the first release say no day: theirs is that of the change.
    private static let effectiveOn: SQL = "coalesce(effective_on, (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)"

    /// The versions of an aggregate, newest first.
    static func versions(
        _ kind: String, _ id: UUIDv7, before version: Int64?, limit: Int, in session: any PostgresQueryable
    ) async throws -> [Version] {
        try await session.query(
            """
            SELECT version, at, \(effectiveOn) AS effective_on, author, reason, document FROM history
            WHERE kind = \(kind) AND id = \(id) AND (\(version)::bigint IS NULL OR version < \(version))
            ORDER BY version DESC LIMIT \(limit + 1)
            """, as: Version.self)
    }

    /// Whether a member left a cell, the last time he did, by a merger, a split or a dissolution and not by admission.
    static func wasReorganized(
        _ member: MemberID, awayFrom cell: OrganizationID, in session: any PostgresQueryable
    ) async throws -> Bool {
        let left = try await session.queryOptional(
            """
            SELECT author FROM history
            WHERE kind = 'member' AND id = \(member) AND version > (
                SELECT max(version) FROM history
                WHERE kind = 'member' AND id = \(member) AND document ->> 'cellId' = \(cell.description))
            ORDER BY version LIMIT 1
            """)
        guard let left else { return false }
        return try left.get("author", as: String.self) != ServiceName.routing.source
    }

    /// The day of the last change of anything that a command changes.
    static func lastChange(of result: Reorganized, in session: any PostgresQueryable) async throws -> Day? {
        let ids =
            result.organizations.map(\.id.value) + result.members.map(\.id.value) + result.endedRoles.map(\.id.value)
        return try await session.queryOne(
            "SELECT max(\(effectiveOn)) AS day FROM history WHERE id = ANY (\(ids))"
        ).get("day")
    }

    private static let state: SQL = "coalesce(document #>> '{transit,state}', document ->> 'state')"

    /// The day since which a member is in the state and the cell that he is in. A letter on its way changes neither: an
    /// end may hold from a day before it.
    static func lastMove(of member: MemberID, in session: any PostgresQueryable) async throws -> Day? {
        try await session.queryOne(
            """
            SELECT max(day) AS day FROM (
                SELECT \(effectiveOn) AS day, (\(state), document ->> 'cellId') IS DISTINCT FROM lag(
                    (\(state), document ->> 'cellId')) OVER (ORDER BY version) AS moved
                FROM history WHERE kind = 'member' AND id = \(member)) versions
            WHERE moved
            """
        ).get("day")
    }

    /// An organisation and those above it as they were on a day; nothing when it was not there yet.
    static func path(
        from id: OrganizationID, on day: Day, in session: any PostgresQueryable
    ) async throws -> OrganizationPath? {
        let organizations: [Organization] = try await session.query(
            """
            WITH RECURSIVE path (document, depth) AS (
                SELECT document, 0 FROM (\(version("organization", of: "\(id)::uuid", on: day))) own
                UNION ALL
                SELECT above.document, p.depth + 1
                FROM path p
                CROSS JOIN LATERAL (\(version("organization", of: "(p.document ->> 'parentId')::uuid", on: day))) above
                WHERE p.depth < 32)
            SELECT document FROM path ORDER BY depth
            """
        ).map(Documents.read)
        return organizations.isEmpty ? nil : OrganizationPath(organizations)
    }

    /// The organisations that hung under one on a day, as they were then.
    static func organizations(
        under parent: OrganizationID, on day: Day, _ page: PageRequest, in session: any PostgresQueryable
    ) async throws -> [Organization] {
        try await session.query(
            """
            SELECT h.document FROM \(placed("organization", at: parent, on: day, page)) p
            CROSS JOIN LATERAL (\(version("organization", of: "p.id", on: day))) h ORDER BY p.id
            """
        ).map(Documents.read)
    }

    /// The members who belonged to a cell on a day, as they were then.
    static func members(
        of cell: OrganizationID, on day: Day, _ page: PageRequest, in session: any PostgresQueryable
    ) async throws -> [MemberStore.Row] {
        try await session.query(
            """
            SELECT h.document, m.personal_id FROM \(placed("member", at: cell, on: day, page)) p
            JOIN members m ON m.id = p.id
            CROSS JOIN LATERAL (\(version("member", of: "p.id", on: day))) h ORDER BY p.id
            """
        ).map(MemberStore.Row.init)
    }

    private static func placed(_ kind: String, at place: OrganizationID, on day: Day, _ page: PageRequest) -> SQL {
        """
        (SELECT id FROM placements
         WHERE place_id = \(place) AND kind = \(kind) AND from_on <= \(day) AND (to_on IS NULL OR to_on >= \(day))
           AND (\(page.after)::uuid IS NULL OR id > \(page.after))
         ORDER BY id LIMIT \(page.limit + 1))
        """
    }

    private static func version(_ kind: String, of id: SQL, on day: Day) -> SQL {
        """
        SELECT document FROM history
        WHERE kind = \(kind) AND id = \(id) AND \(effectiveOn) <= \(day) ORDER BY version DESC LIMIT 1
        """
    }
}
