import Contracts
import DuesDomain
import Foundation
import Postgres

/// A numbered receipt (biên lai) for a payment.
struct Receipt: Sendable {
    let id: ReceiptID
    let paymentId: PaymentID
    let order: PaymentOrder
    let number: ReceiptNumber
    let amount: Dong
    /// What the money was for, each line with what it took; empty when nothing of it was.
    let lines: [OrderLine]
    /// What no line took: lines and surplus are the amount.
    let overpaid: Dong
    let gatewayTransaction: String
    let paidAt: Date

    /// What the others are told of it.
    func event(at now: Date) -> ReceiptIssued {
        ReceiptIssued(
            orderId: order.orderId, receiptId: id, paymentId: paymentId, number: number.description,
            issuingOrganizationId: order.payeeId, payerMemberId: order.payerMemberId, lines: lines.map(\.payload),
            amount: amount,
            overpaid: overpaid > .zero ? overpaid : nil, issuedAt: now)
    }

    /// The receipt as it is read back.
    func row(issuedAt: Date) -> ReceiptRow {
        ReceiptRow(
            id: id, paymentId: paymentId, orderId: order.orderId, issuerId: order.payeeId, number: number.description,
            amount: amount, overpaid: overpaid, channel: order.channel, reference: order.reference,
            payerMemberId: order.payerMemberId, gatewayTransaction: gatewayTransaction, paidAt: paidAt,
            issuedAt: issuedAt, lines: lines)
    }

    /// The statement that writes them.
    static func insertion(_ receipts: [Receipt], at now: Date) -> SQL {
        """
        INSERT INTO receipts (receipt_id, payment_id, order_id, issuer_id, year, ordinal, number, amount, issued_at)
        SELECT r.*, \(now)
        FROM unnest(\(receipts.map(\.id)), \(receipts.map(\.paymentId)), \(receipts.map(\.order.orderId)),
            \(receipts.map(\.order.payeeId)), \(receipts.map(\.number.year)), \(receipts.map(\.number.ordinal)),
            \(receipts.map(\.number.description)), \(receipts.map(\.amount))) AS r
        """
    }
}
