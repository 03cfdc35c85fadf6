public import Contracts
public import Foundation

// What an order tells the others.
extension PaymentOrder {
    /// That somebody set out to pay.
    public var created: PaymentOrderCreated {
        PaymentOrderCreated(
            orderId: orderId, reference: reference, payerMemberId: payerMemberId, payeeOrganizationId: payeeId,
            lines: lines.map(\.payload), total: total, channel: channel, createdAt: createdAt, expiresAt: expiresAt)
    }

    /// That its money is confirmed: what each line took, and the surplus beside them, are what was paid. A second
    /// payment has no lines.
    public func received(
        _ payment: Payment, id: PaymentID, callback: GatewayCallback, at now: Date
    ) -> PaymentReceived {
        PaymentReceived(
            orderId: orderId, paymentId: id, channel: channel, amount: payment.amount,
            lines: payment.allocations.compactMap(\.payload),
            overpaid: payment.overpaid > .zero ? payment.overpaid : nil,
            gatewayTransaction: callback.transaction, paidAt: callback.paidAt(toldAt: now), confirmedAt: now)
    }

    /// That it was not paid; money that comes later is still taken, so it is never final.
    public func failed(_ reason: FailureReason, gatewayCode: String? = nil, at now: Date) -> PaymentFailed {
        PaymentFailed(
            orderId: orderId, channel: channel, reason: reason.rawValue, gatewayCode: gatewayCode, final: false,
            failedAt: now)
    }
}

/// Why an order was not paid, by its stable name.
public enum FailureReason: String, Hashable, Sendable, CaseIterable {
    case declined
    case expired
}
