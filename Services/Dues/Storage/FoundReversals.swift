import Contracts
import DuesDomain
import Foundation
import Postgres
import ServiceKit

/// Lines that took money of an order back without saying of which payment: a reversal that is noted of one says it.
struct FoundReversals {
    let reversal: RefundRow

    /// Moves what such lines told, as far as no other line told of the reversal, from unexplained money to the payment, and
    /// ends the exceptions of which nothing is left. The transaction holds the order, and the reversal has gone.
    func join(at now: Date, ids: any IDSource, in transaction: PostgresTransaction) async throws {
        let refund = reversal.refund.refundId
        let untold: Dong = try await transaction.queryOne(
            """
            SELECT greatest(least(f.amount, (
                SELECT sum(s.amount) FROM refunds s
                WHERE s.payment_id = f.payment_id AND s.state = \(RefundState.succeeded.rawValue)
            ) - \(SettledReversals.takenBack(of: "f.payment_id"))), 0)::bigint
            FROM refunds f WHERE f.refund_id = \(refund)
            """
        ).get(at: 0)
        let waiting = try await transaction.query(
            """
            SELECT e.exception_id, e.settlement, \(Self.rest(of: "e")) AS rest
            FROM exceptions e
            WHERE e.order_id = \(reversal.orderId) AND e.settled_at IS NULL AND e.payment_id IS NULL
                AND e.kind = \(SettlementState.reversed.rawValue)
            ORDER BY e.exception_id FOR UPDATE
            """)
        var (left, ended, ledger) = (untold, [UUIDv7](), LedgerRows())
        for row in waiting {
            let rest: Dong = try row.get("rest")
            let taken = min(rest, left)
            left -= taken
            if taken == rest { ended.append(try row.get("exception_id")) }
            ledger.add(
                ExceptionBalance.found(taken, payee: reversal.payeeId), payment: reversal.paymentId,
                settlement: try row.get("settlement"), now: now, ids: ids)
        }
        guard let insertion = ledger.insertion(at: now) else { return }
        _ = try await transaction.pipeline([
            insertion, "UPDATE refunds SET found = \(untold - left) WHERE refund_id = \(refund)",
        ])
        try await ExceptionTrail.end(
            "e.exception_id = ANY(\(ended))", as: "refunded", by: "refund", target: refund.description, at: now,
            in: transaction)
    }

    /// What unexplained money still bears of the line of an exception, as an expression; nothing where the line moved
    /// nothing.
    static func rest(of exception: SQL) -> SQL {
        let (clearing, unexplained) = (AccountKind.gatewayClearing.rawValue, AccountKind.unexplained.rawValue)
        return """
            coalesce((
                SELECT l.gross - coalesce((
                    SELECT sum(g.amount) FROM payments p JOIN ledger_postings g USING (payment_id)
                    WHERE p.order_id = \(exception).order_id AND g.settlement = \(exception).settlement
                        AND g.posted_at >= \(exception).raised_at
                        AND g.debit = \(clearing) AND g.credit = \(unexplained)), 0)
                FROM settlement_lines l
                WHERE l.file_id = split_part(\(exception).settlement, '/', 1)::uuid
                    AND l.number = split_part(\(exception).settlement, '/', 2)::integer AND l.reversal
            ), 0)::bigint
            """
    }
}
