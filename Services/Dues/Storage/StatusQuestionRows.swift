import Contracts
import DuesDomain
import Foundation
import Postgres

/// Orders whose gateway is asked what became of them, as rows.
enum StatusQuestionRows {
    /// A question that is due.
    struct Due: Sendable {
        let orderId: OrderID
        let reference: PaymentReference
        let state: OrderState
        let channel: String
        let total: Dong
        let createdAt: Date
        let expiresAt: Date
        /// Counts this question, from 1.
        let asked: Int
        /// Until when it is this process that asks.
        let leasedUntil: Date
    }

    /// The statement that enters orders; an order that is asked about already begins anew, so that an answer that is on
    /// its way does not end the questions.
    static func insertion(_ orders: [OrderID], at moment: Date) -> SQL {
        """
        INSERT INTO status_questions (order_id, next_at) SELECT id, \(moment) FROM unnest(\(orders)) AS id
        ON CONFLICT (order_id) DO UPDATE SET asked = 0, next_at = excluded.next_at
        """
    }

    /// Takes the next one; nobody else takes it before the lease is over.
    static func takeDue(at now: Date, lease: TimeInterval, from pool: PostgresPool) async throws -> Due? {
        try await pool.queryOptional(
            """
            UPDATE status_questions q SET asked = q.asked + 1, next_at = \(now + lease)
            FROM payment_orders o
            WHERE o.order_id = q.order_id AND q.order_id = (
                SELECT order_id FROM status_questions WHERE next_at <= \(now)
                ORDER BY next_at, order_id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING q.asked, q.next_at, o.order_id, o.reference, o.state, o.channel, o.total, o.created_at, o.expires_at
            """
        ).map { row in
            guard let state = OrderState(rawValue: try row.get("state")) else {
                throw PostgresError(.decoding, "a payment order has an unknown state")
            }
            return Due(
                orderId: try row.get("order_id"), reference: try row.get("reference"), state: state,
                channel: try row.get("channel"), total: try row.get("total"), createdAt: try row.get("created_at"),
                expiresAt: try row.get("expires_at"), asked: try row.get("asked"),
                leasedUntil: try row.get("next_at"))
        }
    }

    /// It is known now; a question that began anew meanwhile, and may be in other hands, goes on.
    static func remove(_ due: Due, in pool: PostgresPool) async throws {
        try await pool.execute("DELETE FROM status_questions WHERE \(isHeld(due))")
    }

    static func postpone(_ due: Due, until next: Date, in pool: PostgresPool) async throws {
        try await pool.execute(
            "UPDATE status_questions SET next_at = \(next) WHERE \(isHeld(due))")
    }

    private static func isHeld(_ due: Due) -> SQL {
        "order_id = \(due.orderId) AND asked = \(due.asked) AND next_at = \(due.leasedUntil)"
    }
}
