public import Foundation

/// One member's dues of one month inside an order.
public struct PaymentLine: Codable, Hashable, Sendable {
    /// Whose dues.
    public let memberId: MemberID
    /// Of which month.
    public let month: DuesMonth
    /// How much.
    public let amount: Dong
    /// The assessment it pays; absent when paid ahead.
    public let assessmentId: AssessmentID?

    public init(memberId: MemberID, month: DuesMonth, amount: Dong, assessmentId: AssessmentID? = nil) {
        self.memberId = memberId
        self.month = month
        self.amount = amount
        self.assessmentId = assessmentId
    }
}

/// Somebody set out to pay.
public struct PaymentOrderCreated: EventPayload, Hashable {
    public static let type = "hoso.payment-order.created.v1"
    public static let topic = TopicCatalogue.payments

    /// The order; also the key.
    public let orderId: OrderID
    /// What gateway and bank carry.
    public let reference: PaymentReference
    /// The member who pays.
    public let payerMemberId: MemberID?
    /// The organisation that pays, for a list or a remittance.
    public let payerOrganizationId: OrganizationID?
    /// Whom the money goes to.
    public let payeeOrganizationId: OrganizationID
    /// What the money is for.
    public let lines: [PaymentLine]
    /// The sum of the lines, or of the remittance.
    public let total: Dong
    /// The gateway by its configured name, or `cash`.
    public let channel: String
    /// The remittance it pays.
    public let remittanceId: RemittanceID?
    /// When.
    public let createdAt: Date
    /// Until when it can be paid.
    public let expiresAt: Date?

    public init(
        orderId: OrderID, reference: PaymentReference, payerMemberId: MemberID? = nil,
        payerOrganizationId: OrganizationID? = nil, payeeOrganizationId: OrganizationID, lines: [PaymentLine],
        total: Dong, channel: String, remittanceId: RemittanceID? = nil, createdAt: Date, expiresAt: Date? = nil
    ) {
        self.orderId = orderId
        self.reference = reference
        self.payerMemberId = payerMemberId
        self.payerOrganizationId = payerOrganizationId
        self.payeeOrganizationId = payeeOrganizationId
        self.lines = lines
        self.total = total
        self.channel = channel
        self.remittanceId = remittanceId
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}

/// Money for an order is confirmed.
public struct PaymentReceived: EventPayload, Hashable {
    public static let type = "hoso.payment.received.v1"
    public static let topic = TopicCatalogue.payments

    /// The order; also the key.
    public let orderId: OrderID
    /// The payment: an order that is paid twice has two.
    public let paymentId: PaymentID
    /// The gateway by its configured name, or `cash`.
    public let channel: String
    /// What was paid, before any fee: the lines and the overpaid part together.
    public let amount: Dong
    /// What the money is for, each line with what it takes.
    public let lines: [PaymentLine]
    /// The part that no line takes, to be refunded or carried over.
    public let overpaid: Dong?
    /// The gateway's own number of the transaction.
    public let gatewayTransaction: String?
    /// When it was paid, as the channel says.
    public let paidAt: Date
    /// When we believed it.
    public let confirmedAt: Date

    public init(
        orderId: OrderID, paymentId: PaymentID, channel: String, amount: Dong, lines: [PaymentLine],
        overpaid: Dong? = nil, gatewayTransaction: String? = nil, paidAt: Date, confirmedAt: Date
    ) {
        self.orderId = orderId
        self.paymentId = paymentId
        self.channel = channel
        self.amount = amount
        self.lines = lines
        self.overpaid = overpaid
        self.gatewayTransaction = gatewayTransaction
        self.paidAt = paidAt
        self.confirmedAt = confirmedAt
    }
}

/// An order was not paid.
public struct PaymentFailed: EventPayload, Hashable {
    public static let type = "hoso.payment.failed.v1"
    public static let topic = TopicCatalogue.payments

    /// The order; also the key.
    public let orderId: OrderID
    /// The gateway by its configured name.
    public let channel: String
    /// Why, as a stable name.
    public let reason: String
    /// The gateway's own code.
    public let gatewayCode: String?
    /// Whether the order can no longer be paid.
    public let final: Bool
    /// When.
    public let failedAt: Date

    public init(
        orderId: OrderID, channel: String, reason: String, gatewayCode: String? = nil, final: Bool, failedAt: Date
    ) {
        self.orderId = orderId
        self.channel = channel
        self.reason = reason
        self.gatewayCode = gatewayCode
        self.final = final
        self.failedAt = failedAt
    }
}

/// A line of a settlement file was matched with a payment, or could not be.
public struct PaymentSettled: EventPayload, Hashable {
    public static let type = "hoso.payment.settled.v1"
    public static let topic = TopicCatalogue.payments

    /// The order; also the key.
    public let orderId: OrderID
    /// The payment, where there is one.
    public let paymentId: PaymentID?
    /// How the line ended.
    public let state: SettlementState
    /// What was paid.
    public let gross: Dong
    /// What the channel kept.
    public let fee: Dong
    /// What reached the account.
    public let net: Dong
    /// The day of settlement.
    public let settledOn: Day
    /// The settlement file by its name.
    public let file: String?

    public init(
        orderId: OrderID, paymentId: PaymentID? = nil, state: SettlementState, gross: Dong, fee: Dong, net: Dong,
        settledOn: Day, file: String? = nil
    ) {
        self.orderId = orderId
        self.paymentId = paymentId
        self.state = state
        self.gross = gross
        self.fee = fee
        self.net = net
        self.settledOn = settledOn
        self.file = file
    }
}

/// A numbered receipt was given for a payment.
public struct ReceiptIssued: EventPayload, Hashable {
    public static let type = "hoso.receipt.issued.v1"
    public static let topic = TopicCatalogue.payments

    /// The order; also the key.
    public let orderId: OrderID
    /// The receipt.
    public let receiptId: ReceiptID
    /// The payment.
    public let paymentId: PaymentID
    /// The number in the issuer's series.
    public let number: String
    /// Who issued it.
    public let issuingOrganizationId: OrganizationID
    /// The member who paid.
    public let payerMemberId: MemberID?
    /// The organisation that paid.
    public let payerOrganizationId: OrganizationID?
    /// What the money is for, each line with what it takes.
    public let lines: [PaymentLine]
    /// The amount: the lines and the overpaid part together.
    public let amount: Dong
    /// The part that no line takes, to be refunded or carried over.
    public let overpaid: Dong?
    /// When.
    public let issuedAt: Date
    /// By which anyone verifies it.
    public let verificationId: VerificationID?

    public init(
        orderId: OrderID, receiptId: ReceiptID, paymentId: PaymentID, number: String,
        issuingOrganizationId: OrganizationID, payerMemberId: MemberID? = nil,
        payerOrganizationId: OrganizationID? = nil, lines: [PaymentLine], amount: Dong,
        overpaid: Dong? = nil, issuedAt: Date, verificationId: VerificationID? = nil
    ) {
        self.orderId = orderId
        self.receiptId = receiptId
        self.paymentId = paymentId
        self.number = number
        self.issuingOrganizationId = issuingOrganizationId
        self.payerMemberId = payerMemberId
        self.payerOrganizationId = payerOrganizationId
        self.lines = lines
        self.amount = amount
        self.overpaid = overpaid
        self.issuedAt = issuedAt
        self.verificationId = verificationId
    }
}
