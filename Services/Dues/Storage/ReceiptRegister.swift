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
                SELECT \(PaymentOrder.columns), p.payment_id, p.amount, p.overpaid, p.confirmed_at
                FROM payments p JOIN payment_orders o USING (order_id)
                WHERE NOT p.receipted ORDER BY p.confirmed_at, p.payment_id LIMIT \(batch)
                FOR UPDATE OF o, p SKIP LOCKED
                """)
            guard !rows.isEmpty else { return false }
            let payments = try await waiting(rows, in: transaction)
            let receipts = try await numbered(payments, context.now, in: transaction)
            try await keep(receipts, context, in: transaction)
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
        /// The order's lines with what they took of it.
        let lines: [OrderLine]
    }

    private func waiting(_ rows: [PostgresRow], in transaction: PostgresTransaction) async throws -> [Payment] {
        let taken = try await taken(rows, in: transaction)
        return try rows.map { row in
            let id: PaymentID = try row.get("payment_id")
            return Payment(
                id: id, order: try PaymentOrder(row: row, lines: [:]), amount: try row.get("amount"),
                overpaid: try row.get("overpaid"), lines: taken[id] ?? [])
        }
    }

    /// What the lines took of each payment, as the books have it, in the order of the lines.
    private func taken(
        _ rows: [PostgresRow], in transaction: PostgresTransaction
    ) async throws -> [PaymentID: [OrderLine]] {
        let ids = try rows.map { try $0.get("payment_id", as: PaymentID.self) }
        let earliest = try rows.map { try $0.get("confirmed_at", as: Date.self) }.min()
        let lines = try await transaction.query(
            """
            SELECT t.payment_id, t.amount, l.member_id, l.month, l.cell_id, l.assessment_id
            FROM (
                SELECT payment_id, member_id, month, sum(amount)::bigint AS amount FROM ledger_postings
                WHERE payment_id = ANY(\(ids)) AND posted_at >= \(earliest) AND cause = \(Posting.Cause.payment.rawValue)
                    AND credit IN (\(AccountKind.memberReceivable.rawValue), \(AccountKind.advances.rawValue))
                GROUP BY payment_id, member_id, month
            ) AS t JOIN payments p USING (payment_id)
                JOIN order_lines l ON l.order_id = p.order_id AND l.member_id = t.member_id AND l.month = t.month
            ORDER BY t.payment_id, l.position
            """)
        var taken: [PaymentID: [OrderLine]] = [:]
        for row in lines { taken[try row.get("payment_id"), default: []].append(try OrderLine(row: row)) }
        return taken
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
                        lines: payment.lines, overpaid: payment.overpaid))
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
