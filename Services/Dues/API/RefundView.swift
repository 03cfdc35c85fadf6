import Contracts
import DuesDomain
import Foundation

/// A refund as officers see it.
struct RefundView: Sendable, Encodable {
    struct Part: Sendable, Encodable {
        /// Absent for what no line took.
        let memberId: MemberID?
        let month: DuesMonth?
        let amount: Dong
    }

    let refundId: RefundID
    let orderId: OrderID
    let paymentId: PaymentID
    let payeeOrganizationId: OrganizationID
    let gateway: String
    let kind: RefundKind
    let state: RefundState
    let amount: Dong
    let parts: [Part]
    let reason: String
    let requestedBy: MemberID
    let requestedAt: Date
    let approvedBy: MemberID?
    let approvedAt: Date?
    let sentAt: Date?
    /// The gateway's own number and code.
    let gatewayTransaction: String?
    let gatewayCode: String?
    let endedBy: MemberID?
    let endedReason: String?
    let endedAt: Date?

    init(_ row: RefundRow) {
        refundId = row.refund.refundId
        orderId = row.orderId
        paymentId = row.paymentId
        payeeOrganizationId = row.payeeId
        gateway = row.channel
        kind = row.refund.kind
        state = row.refund.state
        amount = row.amount
        parts = row.refund.parts.map {
            Part(memberId: $0.key?.memberId, month: $0.key?.month, amount: $0.amount)
        }
        reason = row.reason
        requestedBy = row.refund.requestedBy
        requestedAt = row.requestedAt
        approvedBy = row.approvedBy
        approvedAt = row.approvedAt
        sentAt = row.sentAt
        gatewayTransaction = row.gatewayTransaction
        gatewayCode = row.gatewayCode
        endedBy = row.endedBy
        endedReason = row.endedReason
        endedAt = row.endedAt
    }
}
