import Contracts
import Postgres

/// An organisation with everything below it as the tree is today, divided into the parts of a report.
///
/// What was merged stands with its successor: its books are the successor's business now. Each organisation belongs to
/// one part, so parts add up to the whole.
struct ReportPlaces: Sendable {
    let organization: OrganizationID
    /// The type of the bodies that are parts; the direct inferiors when nil. What lies in none of them belongs to the
    /// part of the organisation itself.
    let level: OrganizationType?

    /// From so many organisations on, tables are read whole and not by their indexes.
    private static let many = 3_000

    /// The table `places (id, part)` for a `WITH RECURSIVE`.
    var table: SQL {
        """
        places (id, part) AS (
            SELECT \(organization), \(organization)
            UNION ALL
            SELECT o.id, CASE WHEN p.part = \(organization) AND o.is_part THEN o.id ELSE p.part END
            FROM places p CROSS JOIN LATERAL (
                SELECT id, \(isPart) AS is_part FROM directory_organizations
                WHERE parent_id = p.id AND NOT (\(Self.isMerged))
                UNION ALL
                SELECT id, false FROM directory_organizations
                WHERE state ->> 'mergedIntoId' = p.id::text AND \(Self.isMerged)
            ) AS o
        )
        """
    }

    private var isPart: SQL {
        guard let level else { return "true" }
        return "type = \(level.rawValue)"
    }

    private static let isMerged: SQL = "state ->> 'status' = 'merged' AND state ->> 'mergedIntoId' IS NOT NULL"

    /// Lets the planner, which cannot know how many bodies there are below another, read whole tables where they are
    /// many; for the rest of the transaction.
    func preparePlanner(in transaction: PostgresTransaction) async throws {
        let found: Int64 = try await transaction.queryOne(
            "WITH RECURSIVE \(table) SELECT count(*) FROM (SELECT FROM places LIMIT \(Self.many)) AS counted"
        ).get(at: 0)
        guard found == Self.many else { return }
        try await transaction.execute("SET LOCAL enable_nestloop = off")
        try await transaction.execute("SET LOCAL work_mem = '64MB'")
    }
}
