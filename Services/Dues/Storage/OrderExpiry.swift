import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Ends the time of orders that nobody paid; money that comes later is still taken.
struct OrderExpiry: Sendable {
    let kit: ServiceContext
    let gateways: GatewayRegistry

    /// Expires a batch; false when fewer were due.
    func step(limit: Int = 200) async throws -> Bool {
        let context = kit.eventContext()
        return try await kit.pool.transaction { transaction in
            let rows = try await transaction.query(
                """
                SELECT \(PaymentOrder.columns) FROM payment_orders o
                WHERE o.state = \(OrderState.open.rawValue) AND o.expires_at <= \(context.now)
                ORDER BY o.expires_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
                """)
            guard !rows.isEmpty else { return false }
            var booking = OrderBooking(now: context.now, ids: kit.ids, outbox: kit.outbox, context: context)
            for row in rows {
                var order = try PaymentOrder(row: row, lines: [:])
                order.state = OrderGraph.transition(from: order.state, on: .timeOver).to
                try booking.emit(order.failed(.expired, at: context.now), of: &order)
                // Nobody called back: it may have been paid all the same.
                if gateways[order.channel]?.statusURL != nil { booking.askStatus(of: order) }
            }
            _ = try await transaction.pipeline(booking.statements)
            kit.outbox.wakeRelay(after: transaction)
            return rows.count == limit
        }
    }
}
