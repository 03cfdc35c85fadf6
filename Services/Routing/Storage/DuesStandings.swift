import Contracts
import Messaging
import Postgres
import RoutingDomain

/// The copy of how members stand with the dues.
enum DuesStandings {
    /// State only ever goes forward: a version that is not higher than the kept one changes nothing.
    static func keep(_ standing: StandingState, version: Int64, in transaction: PostgresTransaction) throws {
        try transaction.enqueue(
            """
            INSERT INTO dues_standings AS kept (member_id, version, paid_through, arrears_months, arrears)
            VALUES (\(standing.memberId), \(version), \(standing.paidThrough), \(standing.arrearsMonths),
                    \(standing.arrears))
            ON CONFLICT (member_id) DO UPDATE SET version = excluded.version, paid_through = excluded.paid_through,
                arrears_months = excluded.arrears_months, arrears = excluded.arrears
            WHERE kept.version < excluded.version
            """)
    }
}
