import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Differences as rows.
enum DifferenceStore {
    /// Which of them are asked for.
    struct Filter: Sendable {
        /// The organisation with all below it; absent: everything, also what counts for no known place.
        var organization: OrganizationID?
        var subject: ImportSubject?
        var kind: DifferenceKind?
        /// Absent: all that are not settled.
        var state: Difference.State?
        var settler: Settler?
    }

    static func read(
        _ id: Int64, lock: RowLock = .none, in session: any PostgresQueryable
    ) async throws -> Difference? {
        try await session.queryOptional(
            "SELECT \(Difference.columns) FROM differences d WHERE d.id = \(id) \(lock.clause)", as: Difference.self)
    }

    /// Whether a change that was made here and is on its way to the source explains a difference by now.
    static func isExplained(_ id: Int64, in session: any PostgresQueryable) async throws -> Bool {
        try await session.queryOne(
            "SELECT \(FoundDifferences.isExplainedNow) AS explained FROM differences d WHERE d.id = \(id)"
        ).get("explained")
    }

    static func page(
        _ filter: Filter, after: Int64, limit: Int, in session: any PostgresQueryable
    ) async throws -> [Difference] {
        try await session.query(
            """
            \(subtree(filter)) SELECT \(Difference.columns) FROM differences d
            WHERE \(condition(filter)) AND d.id > \(after) ORDER BY d.id LIMIT \(limit)
            """, as: Difference.self)
    }

    /// How many there are of each kind and state.
    struct Count: PostgresRowDecodable, Sendable, Encodable {
        let subject: String
        let kind: String
        let field: String
        let state: String
        let count: Int64

        init(row: PostgresRow) throws {
            subject = try row.get("subject")
            kind = try row.get("kind")
            field = try row.get("field")
            state = try row.get("state")
            count = try row.get("count")
        }
    }

    static func counts(_ filter: Filter, in session: any PostgresQueryable) async throws -> [Count] {
        try await session.query(
            """
            \(subtree(filter)) SELECT d.subject, d.kind, d.field, d.state, count(*) AS count FROM differences d
            WHERE \(condition(filter)) GROUP BY d.subject, d.kind, d.field, d.state
            ORDER BY d.subject, d.kind, d.field, d.state
            """, as: Count.self)
    }

    private static func subtree(_ filter: Filter) -> SQL {
        guard let organization = filter.organization else { return "" }
        return """
            WITH RECURSIVE subtree (id, depth) AS (
                SELECT \(organization)::uuid, 0
                UNION ALL
                SELECT o.id, s.depth + 1 FROM subtree s JOIN organizations o ON o.parent_id = s.id WHERE s.depth < 32)
            """
    }

    private static func condition(_ filter: Filter) -> SQL {
        let place: SQL =
            filter.organization == nil ? "true" : "d.organization_id IN (SELECT id FROM subtree)"
        let state: SQL = filter.state.map { "d.state = \($0.rawValue)" } ?? "d.state <> 'settled'"
        return """
            \(place) AND \(state)
            AND (\(filter.subject?.rawValue)::text IS NULL OR d.subject = \(filter.subject?.rawValue))
            AND (\(filter.kind?.rawValue)::text IS NULL OR d.kind = \(filter.kind?.rawValue))
            AND (\(filter.settler?.rawValue)::text IS NULL OR d.settler = \(filter.settler?.rawValue))
            """
    }

    /// Writes down what was done.
    static func settle(
        _ id: Int64, as state: Difference.State, outcome: SettlementAction, reason: String, by author: String,
        at now: Date, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE differences SET state = \(state.rawValue), outcome = \(outcome.rawValue), reason = \(reason),
                settled_by = \(author), settled_at = \(now)
            WHERE id = \(id)
            """)
    }
}
