import Contracts
import DuesDomain
import Foundation
import Postgres

/// Requests for payers' pages as rows; one for each order of a gateway that gives out an address for each payment.
enum PageRequestRows {
    enum State: String, Sendable, Encodable {
        /// The gateway has not answered yet.
        case asked
        case answered
        /// The gateway takes no payment for the order.
        case refused
        /// The order could not be paid any more before there was an answer.
        case givenUp = "given-up"
    }

    /// What the payer is told.
    struct Page: Sendable {
        let state: State
        let address: String?
    }

    /// A request that is due.
    struct Due: Sendable {
        let orderId: OrderID
        let payerAddress: String?
        /// Counts this question, from 1.
        let asked: Int
    }

    static func insertion(_ order: PaymentOrder, payerAddress: String?) -> SQL {
        """
        INSERT INTO page_requests (order_id, state, payer_address, next_at)
        VALUES (\(order.orderId), \(State.asked.rawValue), \(payerAddress), \(order.createdAt))
        """
    }

    static func page(of order: OrderID, in session: any PostgresQueryable) async throws -> Page? {
        guard
            let row = try await session.queryOptional(
                "SELECT state, page FROM page_requests WHERE order_id = \(order)")
        else { return nil }
        return Page(state: State(rawValue: try row.get("state")) ?? .asked, address: try row.get("page"))
    }

    /// Takes the next one; nobody else takes it before the lease is over.
    static func takeDue(at now: Date, lease: TimeInterval, from pool: PostgresPool) async throws -> Due? {
        try await pool.queryOptional(
            """
            UPDATE page_requests SET asked = asked + 1, next_at = \(now + lease)
            WHERE order_id = (
                SELECT order_id FROM page_requests WHERE next_at <= \(now)
                ORDER BY next_at, order_id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING order_id, payer_address, asked
            """
        ).map { row in
            Due(
                orderId: try row.get("order_id"), payerAddress: try row.get("payer_address"),
                asked: try row.get("asked"))
        }
    }

    /// Writes the end of it.
    static func settle(
        _ due: Due, _ state: State, page: String? = nil, reason: String? = nil, in pool: PostgresPool
    ) async throws {
        try await pool.execute(
            """
            UPDATE page_requests SET state = \(state.rawValue), page = \(page), reason = \(reason), next_at = NULL
            WHERE order_id = \(due.orderId) AND state = \(State.asked.rawValue)
            """)
    }

    static func postpone(_ due: Due, until next: Date, reason: String, in pool: PostgresPool) async throws {
        try await pool.execute(
            """
            UPDATE page_requests SET reason = \(reason), next_at = \(next)
            WHERE order_id = \(due.orderId) AND state = \(State.asked.rawValue) AND asked = \(due.asked)
            """)
    }
}
