import Contracts
import DuesDomain
import Foundation
import Postgres

/// A month of the books that is closed (khoá sổ): no posting enters it any more, and its balances are kept.
struct MonthClose: Sendable, Encodable {
    let month: DuesMonth
    let closedBy: String
    let closedAt: Date

    /// Marks the month as closed, which waits for postings to it that are under way and keeps others out; nil when
    /// it is closed already. Whoever closes it at the same moment waits for the end of this transaction.
    static func begin(
        _ month: DuesMonth, by subject: String, at now: Date, in transaction: PostgresTransaction
    ) async throws -> MonthClose? {
        try await transaction.queryOptional(
            """
            INSERT INTO month_closes (month, closed_by, closed_at) VALUES (\(month), \(subject), \(now))
            ON CONFLICT DO NOTHING RETURNING *
            """
        ).map(MonthClose.init)
    }

    /// Keeps the checks and the balances at the month's end.
    func keep(_ checks: [MonthCheck], after closed: DuesMonth?, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO month_close_checks (month, name, expected, found, differences)
            SELECT \(month), c.*
            FROM unnest(\(checks.map(\.name.rawValue)), \(checks.map(\.expected)), \(checks.map(\.found)),
                \(checks.map(\.differences))) AS c
            """)
        let since = closed?.end ?? .distantPastOfBooks
        try await transaction.execute(
            """
            INSERT INTO month_balances (month, owner, account, balance)
            SELECT \(month), owner, account, sum(balance) FROM (
                SELECT owner, account, balance FROM month_balances WHERE month = \(closed?.text)
                UNION ALL
                SELECT debit_owner, debit, amount FROM ledger_postings
                WHERE posted_at >= \(since) AND posted_at < \(month.end)
                UNION ALL
                SELECT credit_owner, credit, -amount FROM ledger_postings
                WHERE posted_at >= \(since) AND posted_at < \(month.end)
            ) AS parts (owner, account, balance)
            GROUP BY owner, account HAVING sum(balance) <> 0
            """)
    }

    /// The newest closed month before the given one.
    static func last(before month: DuesMonth, in session: any PostgresQueryable) async throws -> DuesMonth? {
        try await session.queryOptional(
            "SELECT month FROM month_closes WHERE month < \(month) ORDER BY month DESC LIMIT 1"
        ).map { try $0.get("month") }
    }

    /// The closed months, the newest first.
    static func list(in session: any PostgresQueryable) async throws -> [MonthClose] {
        try await session.query("SELECT * FROM month_closes ORDER BY month DESC LIMIT 120").map(MonthClose.init)
    }

    init(row: PostgresRow) throws {
        month = try row.get("month")
        closedBy = try row.get("closed_by")
        closedAt = try row.get("closed_at")
    }
}
