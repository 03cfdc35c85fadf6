public import Foundation

/// Two persons agreed to give money of a payment back: it is owed to the payer now, and the months of its lines are owed
/// again.
public struct RefundApproved: EventPayload, Hashable {
    public static let type = "hoso.refund.approved.v1"
    public static let topic = TopicCatalogue.payments

    /// The order; also the key.
    public let orderId: OrderID
    /// The refund.
    public let refundId: RefundID
    /// The payment that is given back, or a part of it.
    public let paymentId: PaymentID
    /// The gateway by its configured name.
    public let channel: String
    /// The lines' parts and the overpaid part together.
    public let amount: Dong
    /// What lines lose of it; empty when only an overpayment is given back.
    public let lines: [PaymentLine]
    /// Whether the gateway took the payment back by itself, so that nothing is sent.
    public let reversal: Bool
    /// When.
    public let approvedAt: Date

    public init(
        orderId: OrderID, refundId: RefundID, paymentId: PaymentID, channel: String, amount: Dong,
        lines: [PaymentLine], reversal: Bool, approvedAt: Date
    ) {
        self.orderId = orderId
        self.refundId = refundId
        self.paymentId = paymentId
        self.channel = channel
        self.amount = amount
        self.lines = lines
        self.reversal = reversal
        self.approvedAt = approvedAt
    }
}

/// The money is back with the payer.
public struct RefundSucceeded: EventPayload, Hashable {
    public static let type = "hoso.refund.succeeded.v1"
    public static let topic = TopicCatalogue.payments

    /// The order; also the key.
    public let orderId: OrderID
    /// The refund.
    public let refundId: RefundID
    /// The payment that was given back, or a part of it.
    public let paymentId: PaymentID
    /// The gateway by its configured name.
    public let channel: String
    /// The member who paid and has the money again.
    public let payerMemberId: MemberID?
    /// How much.
    public let amount: Dong
    /// Whether the gateway took the payment back by itself.
    public let reversal: Bool
    /// The gateway's own number of the refund; absent where a person found out.
    public let gatewayTransaction: String?
    /// When we believed it.
    public let succeededAt: Date

    public init(
        orderId: OrderID, refundId: RefundID, paymentId: PaymentID, channel: String, payerMemberId: MemberID? = nil,
        amount: Dong, reversal: Bool, gatewayTransaction: String? = nil, succeededAt: Date
    ) {
        self.orderId = orderId
        self.refundId = refundId
        self.paymentId = paymentId
        self.channel = channel
        self.payerMemberId = payerMemberId
        self.amount = amount
        self.reversal = reversal
        self.gatewayTransaction = gatewayTransaction
        self.succeededAt = succeededAt
    }
}

/// An approved refund comes to nothing; what its lines lost is paid again, as far as nobody has paid it meanwhile.
public struct RefundFailed: EventPayload, Hashable {
    public static let type = "hoso.refund.failed.v1"
    public static let topic = TopicCatalogue.payments

    /// The order; also the key.
    public let orderId: OrderID
    /// The refund.
    public let refundId: RefundID
    /// The payment that keeps its money.
    public let paymentId: PaymentID
    /// The gateway by its configured name.
    public let channel: String
    /// How much.
    public let amount: Dong
    /// Why, as a stable name: `refused` by the gateway, `denied` by a person who found out, `withdrawn`.
    public let reason: String
    /// The gateway's own code.
    public let gatewayCode: String?
    /// When.
    public let failedAt: Date

    public init(
        orderId: OrderID, refundId: RefundID, paymentId: PaymentID, channel: String, amount: Dong, reason: String,
        gatewayCode: String? = nil, failedAt: Date
    ) {
        self.orderId = orderId
        self.refundId = refundId
        self.paymentId = paymentId
        self.channel = channel
        self.amount = amount
        self.reason = reason
        self.gatewayCode = gatewayCode
        self.failedAt = failedAt
    }
}
