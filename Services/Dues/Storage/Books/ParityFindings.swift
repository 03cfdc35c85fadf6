import Contracts
import DuesDomain
import Foundation
import Postgres

/// What comparisons have found, kept until a later comparison of the same time finds it no more.
enum ParityFindings {
    /// Replaces what was found in the stretch.
    static func keep(
        _ differences: [Parity.Difference], of parity: Parity, at now: Date, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            "DELETE FROM parity_findings WHERE from_at >= \(parity.from) AND from_at < \(parity.through)")
        try await transaction.execute(
            """
            INSERT INTO parity_findings (from_at, through_at, kind, differences, order_id, payment_id, posting_id, expected,
                found, found_at)
            SELECT \(parity.from), \(parity.through), d.*, \(now)
            FROM unnest(\(differences.map(\.kind.rawValue)), \(differences.map(\.differences)),
                \(differences.map(\.orderId)), \(differences.map(\.paymentId)), \(differences.map(\.postingId)),
                \(differences.map(\.expected)), \(differences.map(\.found))) AS d
            """)
    }

    /// What stands, the oldest stretch first.
    static func list(limit: Int, in session: any PostgresQueryable) async throws -> [Parity.Difference] {
        try await session.query(
            "SELECT * FROM parity_findings ORDER BY from_at, kind LIMIT \(limit)"
        ).map(Parity.Difference.init)
    }

    /// How many differences of each kind stand.
    static func counts(in session: any PostgresQueryable) async throws -> [Parity.Kind: Int] {
        let rows = try await session.query(
            "SELECT kind, sum(differences)::bigint AS differences FROM parity_findings GROUP BY kind")
        var counts = Dictionary(uniqueKeysWithValues: Parity.Kind.allCases.map { ($0, 0) })
        for row in rows {
            if let kind = Parity.Kind(rawValue: try row.get("kind")) { counts[kind] = try row.get("differences") }
        }
        return counts
    }
}
