import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Gives payments their receipts, after the payment's own transaction: a number in the payee's yearly series, which has
/// no gaps, and the standings that follow.
struct ReceiptRegister: Sendable {
    let kit: ServiceContext
    let standings: Standings
    let documents: ReceiptDocuments
    let batch: Int

    /// Works until no payment waits.
    func drain() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// Gives the oldest payments their receipts; false when fewer than a batch were waiting.
    ///
    /// Locks are taken in this order everywhere: orders, payments, series. Whoever holds a series draws from it until
    /// the commit, so that a number is never lost.
    func step() async throws -> Bool {
        let context = kit.eventContext()
        return try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let rows = try await transaction.query(
                """
                SELECT \(PaymentOrder.columns), p.payment_id, p.amount, p.overpaid, p.gateway_transaction, p.paid_at,
                    p.confirmed_at
                FROM payments p JOIN payment_orders o USING (order_id)
                WHERE NOT p.receipted ORDER BY p.confirmed_at, p.payment_id LIMIT \(batch)
                FOR UPDATE OF o, p SKIP LOCKED
                """)
            guard !rows.isEmpty else { return false }
            let payments = try await waiting(rows, in: transaction)
            let receipts = try await numbered(payments, context.now, in: transaction)
            try await keep(receipts, context, in: transaction)
            try await documents.follow(receipts, context, in: transaction)
            try await standings.refresh(
                Set(receipts.flatMap { $0.lines.map(\.key.memberId) }), context: context, in: transaction)
            kit.outbox.wakeRelay(after: transaction)
            return rows.count == batch
        }
    }

    private struct Payment {
        let id: PaymentID
        let order: PaymentOrder
        let amount: Dong
        let overpaid: Dong
        let gatewayTransaction: String
        let paidAt: Date
        /// The order's lines with what they took of it.
        let lines: [OrderLine]
    }

    private func waiting(_ rows: [PostgresRow], in transaction: PostgresTransaction) async throws -> [Payment] {
        let ids = try rows.map { try $0.get("payment_id", as: PaymentID.self) }
        guard let earliest = try rows.map({ try $0.get("confirmed_at", as: Date.self) }).min() else { return [] }
        let taken = try await ReceiptLines.taken(of: ids, since: earliest, in: transaction)
        return try rows.map { row in
            let id: PaymentID = try row.get("payment_id")
            return Payment(
                id: id, order: try PaymentOrder(row: row, lines: [:]), amount: try row.get("amount"),
                overpaid: try row.get("overpaid"), gatewayTransaction: try row.get("gateway_transaction"),
                paidAt: try row.get("paid_at"), lines: taken[id] ?? [])
        }
    }

    /// Draws the numbers, one stretch for each series.
    private func numbered(
        _ payments: [Payment], _ now: Date, in transaction: PostgresTransaction
    ) async throws -> [Receipt] {
        let year = Day(containing: now).year
        let groups = Dictionary(grouping: payments, by: \.order.payeeId).sorted { $0.key < $1.key }
        let stretches = try await transaction.pipeline(
            groups.map { issuer, payments in
                """
                INSERT INTO receipt_series AS s (issuer_id, year, last) VALUES (\(issuer), \(year), \(payments.count))
                ON CONFLICT (issuer_id, year) DO UPDATE SET last = s.last + \(payments.count) RETURNING last
                """
            })
        var receipts: [Receipt] = []
        for (group, stretch) in zip(groups, stretches) {
            guard let last: Int64 = try stretch.rows.first?.get("last") else { continue }
            let first = last - Int64(group.value.count) + 1
            for (offset, payment) in group.value.enumerated() {
                receipts.append(
                    Receipt(
                        id: kit.ids.next(at: now), paymentId: payment.id, order: payment.order,
                        number: ReceiptNumber(year: year, ordinal: first + Int64(offset)), amount: payment.amount,
                        lines: payment.lines, overpaid: payment.overpaid,
                        gatewayTransaction: payment.gatewayTransaction,
                        paidAt: payment.paidAt))
            }
        }
        return receipts
    }

    private func keep(_ receipts: [Receipt], _ context: EventContext, in transaction: PostgresTransaction) async throws
    {
        var versions: [OrderID: Int64] = [:]
        let events = try receipts.map { receipt in
            let version = (versions[receipt.order.orderId] ?? receipt.order.version) + 1
            versions[receipt.order.orderId] = version
            return try kit.outbox.entry(
                of: receipt.event(at: context.now), key: receipt.order.orderId.value, version: version, context: context
            )
        }
        let changed = versions.sorted { $0.key < $1.key }
        _ = try await transaction.pipeline(
            [
                """
                UPDATE payment_orders o SET version = c.version
                FROM unnest(\(changed.map(\.key)), \(changed.map(\.value))) AS c (order_id, version)
                WHERE o.order_id = c.order_id
                """,
                "UPDATE payments SET receipted = true WHERE payment_id = ANY(\(receipts.map(\.paymentId)))",
                Receipt.insertion(receipts, at: context.now),
            ] + [kit.outbox.insertion(events)])
    }
}
