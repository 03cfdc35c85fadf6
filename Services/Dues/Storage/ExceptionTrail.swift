import Contracts
import Foundation
import Postgres

/// What was done about an exception: who, when, what and why.
struct ExceptionTrail: Sendable, Encodable {
    let action: String
    /// The subject of the caller, `settlement` where a file ended it, `refund` where a refund did.
    let actor: String
    let reason: String
    /// Whom it was given to, or the reference of the order that its money went to.
    let target: String?
    let at: Date

    static func of(_ exception: UUIDv7, in session: any PostgresQueryable) async throws -> [ExceptionTrail] {
        try await session.query(
            "SELECT * FROM exception_actions WHERE exception_id = \(exception) ORDER BY ordinal"
        ).map { row in
            ExceptionTrail(
                action: try row.get("action"), actor: try row.get("actor"), reason: try row.get("reason"),
                target: try row.get("target"), at: try row.get("acted_at"))
        }
    }

    /// Adds it to the trail of an exception whose row the transaction has locked.
    func add(to exception: UUIDv7, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO exception_actions (exception_id, ordinal, action, actor, reason, target, acted_at)
            SELECT \(exception), count(*) + 1, \(action), \(actor), \(reason), \(target), \(at)
            FROM exception_actions WHERE exception_id = \(exception)
            """)
    }

    /// Ends what a file brings: the payments it settles, the days it is of.
    static func endMissing(
        gateway: String, by file: UUIDv7, _ days: ClosedRange<Day>?, at now: Date, in transaction: PostgresTransaction
    ) async throws {
        try await end(
            """
            e.kind = \(SettlementState.missingSettlement.rawValue) AND e.payment_id IN (
                SELECT payment_id FROM settlement_lines
                WHERE file_id = \(file) AND state <> \(SettlementState.duplicate.rawValue) AND NOT reversal)
            OR e.kind = \(ExceptionKind.refundUnsettled.rawValue) AND e.refund_id IN (
                SELECT refund_id FROM settlement_lines WHERE file_id = \(file) AND refund_id IS NOT NULL)
            OR e.kind = \(ExceptionKind.missingFile.rawValue) AND e.gateway = \(gateway)
                AND e.day BETWEEN \(days?.lowerBound) AND \(days?.upperBound)
            """, as: "came", by: "settlement", target: file.description, at: now, in: transaction)
    }

    /// Ends the open exceptions `e` that fulfil the condition, and writes why into their trail.
    static func end(
        _ condition: SQL, as action: String, by actor: String, target: String, at now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            WITH ended AS (
                UPDATE exceptions e SET settled_at = \(now) WHERE e.settled_at IS NULL AND (\(condition))
                RETURNING e.exception_id
            )
            \(insertion(from: "ended", action, by: actor, target: target, at: now))
            """)
    }

    /// The statement that undoes write-offs, as the file settled their payments after all.
    static func comings(_ exceptions: [UUIDv7], of file: UUIDv7, at now: Date) -> SQL {
        """
        WITH ended AS (
            UPDATE exceptions e SET came = e.cleared, came_at = \(now) WHERE e.exception_id = ANY(\(exceptions))
            RETURNING e.exception_id
        )
        \(insertion(from: "ended", "came", by: "settlement", target: file.description, at: now))
        """
    }

    private static func insertion(
        from table: SQL, _ action: String, by actor: String, target: String, at now: Date
    ) -> SQL {
        """
        INSERT INTO exception_actions (exception_id, ordinal, action, actor, reason, target, acted_at)
        SELECT exception_id,
            1 + (SELECT count(*) FROM exception_actions a WHERE a.exception_id = \(table).exception_id), \(action),
            \(actor), \(action), \(target), \(now)
        FROM \(table)
        """
    }
}
