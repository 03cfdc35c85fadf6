import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Gives refunds that came through their vouchers (phiếu hoàn), after the refund's own transaction: a number in the
/// issuer's yearly series of vouchers, and what the receipt still counts for.
struct RefundVouchers: Sendable {
    let kit: ServiceContext

    /// Works until no refund waits.
    func drain() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// Gives the oldest refund its voucher; false when none waits. A refund whose payment has no receipt yet waits.
    ///
    /// Locks are taken in this order: what waits, the receipt's documents, series.
    func step() async throws -> Bool {
        let context = kit.eventContext()
        return try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let found = try await transaction.queryOptional(
                """
                SELECT f.refund_id, f.amount, f.kind, r.receipt_id, r.issuer_id, r.amount AS receipted, p.settled_above
                FROM refunds_without_voucher w JOIN refunds f USING (refund_id)
                    JOIN receipts r ON r.payment_id = f.payment_id JOIN payments p ON p.payment_id = f.payment_id
                ORDER BY f.refund_id LIMIT 1 FOR UPDATE OF w SKIP LOCKED
                """)
            guard let found else { return false }
            try await give(to: found, context, in: transaction)
            kit.outbox.wakeRelay(after: transaction)
            return true
        }
    }

    private func give(
        to found: PostgresRow, _ context: EventContext, in transaction: PostgresTransaction
    ) async throws {
        let refund: RefundID = try found.get("refund_id")
        let receipt: ReceiptID = try found.get("receipt_id")
        let issuer: OrganizationID = try found.get("issuer_id")
        let amount: Dong = try found.get("amount")
        let documents = try await ReceiptDocuments.locked(receipt, in: transaction)
        let receipted: Dong = try found.get("receipted")
        let remaining = try await remaining(
            of: receipt, receipted, after: refund, amount, above: try found.get("settled_above"), in: transaction)
        let year = Day(containing: context.now).year
        let ordinal: Int64 = try await transaction.queryOne(
            """
            INSERT INTO refund_voucher_series AS s (issuer_id, year, last) VALUES (\(issuer), \(year), 1)
            ON CONFLICT (issuer_id, year) DO UPDATE SET last = s.last + 1 RETURNING last
            """
        ).get(at: 0)
        let corrected = ReceiptCorrected(
            receiptId: receipt, refundId: refund,
            number: ReceiptNumber(.refundVoucher, year: year, ordinal: ordinal).description,
            issuingOrganizationId: issuer, amount: amount, remaining: remaining,
            reversal: try found.get("kind") == RefundKind.reversal.rawValue, correctedAt: context.now)
        _ = try await transaction.pipeline([
            """
            INSERT INTO refund_vouchers (refund_id, receipt_id, issuer_id, year, ordinal, number, amount, remaining,
                reversal, issued_at)
            VALUES (\(refund), \(receipt), \(issuer), \(year), \(ordinal), \(corrected.number), \(amount),
                \(corrected.remaining), \(corrected.reversal), \(context.now))
            """,
            "DELETE FROM refunds_without_voucher WHERE refund_id = \(refund)",
        ])
        // What was given back of other money corrects no receipt.
        guard remaining < receipted else { return }
        try await transaction.execute(
            "UPDATE receipt_documents SET version = \(documents.version + 1) WHERE receipt_id = \(receipt)")
        try await kit.outbox.append(
            corrected, key: receipt.value, version: documents.version + 1, context: context, in: transaction)
    }

    /// What the receipt counts for after a refund. What no line took is given back of what was settled above the payment
    /// first, which no receipt is for.
    private func remaining(
        of receipt: ReceiptID, _ receipted: Dong, after refund: RefundID, _ amount: Dong, above: Dong,
        in transaction: PostgresTransaction
    ) async throws -> Dong {
        let row = try await transaction.queryOne(
            """
            SELECT coalesce((
                    SELECT sum(amount) FROM refund_parts WHERE refund_id = \(refund) AND member_id IS NULL
                ), 0)::bigint AS beside, coalesce(sum(amount), 0)::bigint AS before,
                least(\(receipted), min(remaining)) AS counted
            FROM refund_vouchers WHERE receipt_id = \(receipt)
            """)
        let (beside, before, counted): (Dong, Dong, Dong) = (
            try row.get("beside"), try row.get("before"), try row.get("counted")
        )
        let aboveBefore = before - (receipted - counted)
        let ofAbove = min(beside, max(above - aboveBefore, .zero))
        // Below zero only after vouchers that had counted wrongly.
        return max(counted - (amount - ofAbove), .zero)
    }
}
