import Contracts
import DuesDomain
import Postgres

/// What the clearing of its payee holds of one payment.
///
/// It is read from the books, so that whatever took of it counts: settled lines, refunds, decisions on exceptions. After
/// a refund it is below zero until a file tells that the gateway has kept the money back.
struct PaymentClearing: Sendable {
    let holds: Dong
    /// What refunds that stand are still to take of it.
    let promised: Dong
    /// What of the payment no line and no decision settled, whatever refunds took.
    let unsettled: Dong

    /// What can be given away.
    var free: Dong { max(holds - promised, .zero) }

    /// The holder of the lock of the payment's order reads it without a change in between: whoever posts to a payment's
    /// clearing has that lock.
    static func read(_ payment: PaymentID?, in transaction: PostgresTransaction) async throws -> PaymentClearing {
        let row = try await transaction.queryOne(
            """
            SELECT \(holds(of: "\(payment)")) AS holds, coalesce((
                SELECT sum(amount) FROM refunds f WHERE f.payment_id = \(payment) AND f.state = ANY(\(promisedStates))
            ), 0)::bigint AS promised, coalesce((
                SELECT p.amount FROM payments p WHERE p.payment_id = \(payment)
            ), 0) - coalesce((
                SELECT sum(l.gross) FROM settlement_lines l
                WHERE l.payment_id = \(payment) AND NOT l.reversal AND l.state = ANY(\(settlingStates))
            ), 0)::bigint - coalesce((
                SELECT sum(e.cleared - e.came) FROM exceptions e WHERE e.payment_id = \(payment) AND e.cleared > e.came
            ), 0)::bigint AS unsettled
            """)
        return PaymentClearing(
            holds: try row.get("holds"), promised: try row.get("promised"), unsettled: try row.get("unsettled"))
    }

    /// The amount as an expression. Nothing of a payment is posted before its confirmation: no earlier month is read.
    static func holds(of payment: SQL) -> SQL {
        let clearing = AccountKind.gatewayClearing.rawValue
        return """
            coalesce((
                SELECT sum(CASE WHEN c.debit = \(clearing) THEN c.amount ELSE 0 END
                    - CASE WHEN c.credit = \(clearing) THEN c.amount ELSE 0 END)
                FROM ledger_postings c
                WHERE c.payment_id = \(payment) AND \(clearing) IN (c.debit, c.credit)
                    AND c.posted_at >= (SELECT b.confirmed_at FROM payments b WHERE b.payment_id = \(payment))
            ), 0)::bigint
            """
    }

    private static let settlingStates = SettlementState.settling.map(\.rawValue)
    private static let promisedStates = RefundState.underWay.map(\.rawValue)
}
