import Contracts
import DuesDomain
import Foundation
import Postgres

/// A receipt as it is kept, with what its document says.
struct ReceiptRow: Sendable {
    let id: ReceiptID
    let paymentId: PaymentID
    let orderId: OrderID
    let issuerId: OrganizationID
    let number: String
    let amount: Dong
    let overpaid: Dong
    let channel: String
    let reference: PaymentReference
    let payerMemberId: MemberID?
    let gatewayTransaction: String
    let paidAt: Date
    let issuedAt: Date
    let lines: [OrderLine]

    static func find(_ id: ReceiptID, in session: any PostgresQueryable) async throws -> ReceiptRow? {
        let row = try await session.queryOptional(
            """
            SELECT r.*, p.overpaid, p.gateway_transaction, p.paid_at, p.confirmed_at, o.channel, o.reference,
                o.payer_member_id
            FROM receipts r JOIN payments p USING (payment_id) JOIN payment_orders o ON o.order_id = r.order_id
            WHERE r.receipt_id = \(id)
            """)
        guard let row else { return nil }
        let payment: PaymentID = try row.get("payment_id")
        let lines = try await ReceiptLines.taken(of: [payment], since: try row.get("confirmed_at"), in: session)
        return ReceiptRow(
            id: id, paymentId: payment, orderId: try row.get("order_id"), issuerId: try row.get("issuer_id"),
            number: try row.get("number"), amount: try row.get("amount"), overpaid: try row.get("overpaid"),
            channel: try row.get("channel"), reference: try row.get("reference"),
            payerMemberId: try row.get("payer_member_id"), gatewayTransaction: try row.get("gateway_transaction"),
            paidAt: try row.get("paid_at"), issuedAt: try row.get("issued_at"), lines: lines[payment] ?? [])
    }

    /// What Signing is asked for.
    func request(attempt: Int, at now: Date) -> ReceiptDocumentRequested {
        ReceiptDocumentRequested(
            receiptId: id, attempt: attempt, number: number, issuingOrganizationId: issuerId,
            payerMemberId: payerMemberId, lines: lines.map(\.payload), amount: amount,
            overpaid: overpaid > .zero ? overpaid : nil, channel: channel, reference: reference,
            gatewayTransaction: gatewayTransaction, paidAt: paidAt, issuedAt: issuedAt, requestedAt: now)
    }
}
