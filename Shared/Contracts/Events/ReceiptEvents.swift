public import Foundation

/// Somebody wants the document of a receipt: it is to be drawn and sealed.
///
/// It bears no names: whoever draws it takes them from Directory.
public struct ReceiptDocumentRequested: EventPayload, Hashable {
    public static let type = "hoso.receipt-document.requested.v1"
    public static let topic = TopicCatalogue.receipts

    /// The receipt; also the key.
    public let receiptId: ReceiptID
    /// From 1; a higher one asks again after a failure that was final.
    public let attempt: Int
    /// The number in the issuer's series.
    public let number: String
    /// Who issued it.
    public let issuingOrganizationId: OrganizationID
    /// The member who paid; absent where no member is known as the payer.
    public let payerMemberId: MemberID?
    /// What the money is for, each line with what it took.
    public let lines: [PaymentLine]
    /// The amount: the lines and the overpaid part together.
    public let amount: Dong
    /// The part that no line took.
    public let overpaid: Dong?
    /// The gateway by its configured name, or `cash`.
    public let channel: String
    /// What gateway and bank carried.
    public let reference: PaymentReference
    /// The gateway's own number of the payment.
    public let gatewayTransaction: String
    /// When it was paid.
    public let paidAt: Date
    /// When the number was drawn.
    public let issuedAt: Date
    /// When the document was asked for.
    public let requestedAt: Date

    public init(
        receiptId: ReceiptID, attempt: Int, number: String, issuingOrganizationId: OrganizationID,
        payerMemberId: MemberID? = nil, lines: [PaymentLine], amount: Dong, overpaid: Dong? = nil, channel: String,
        reference: PaymentReference, gatewayTransaction: String, paidAt: Date, issuedAt: Date, requestedAt: Date
    ) {
        self.receiptId = receiptId
        self.attempt = attempt
        self.number = number
        self.issuingOrganizationId = issuingOrganizationId
        self.payerMemberId = payerMemberId
        self.lines = lines
        self.amount = amount
        self.overpaid = overpaid
        self.channel = channel
        self.reference = reference
        self.gatewayTransaction = gatewayTransaction
        self.paidAt = paidAt
        self.issuedAt = issuedAt
        self.requestedAt = requestedAt
    }
}

/// Money of a receipt went back to the payer, and a voucher says so: the receipt stays as it is and counts for what is
/// left.
public struct ReceiptCorrected: EventPayload, Hashable {
    public static let type = "hoso.receipt.corrected.v1"
    public static let topic = TopicCatalogue.receipts

    /// The receipt; also the key.
    public let receiptId: ReceiptID
    /// The refund.
    public let refundId: RefundID
    /// The number of the voucher in the issuer's series of vouchers.
    public let number: String
    /// Who issued receipt and voucher.
    public let issuingOrganizationId: OrganizationID
    /// What this refund gave back.
    public let amount: Dong
    /// What the receipt still counts for; with nothing left it is cancelled.
    public let remaining: Dong
    /// Whether the gateway took the payment back by itself.
    public let reversal: Bool
    /// When the voucher was drawn.
    public let correctedAt: Date

    public init(
        receiptId: ReceiptID, refundId: RefundID, number: String, issuingOrganizationId: OrganizationID, amount: Dong,
        remaining: Dong, reversal: Bool, correctedAt: Date
    ) {
        self.receiptId = receiptId
        self.refundId = refundId
        self.number = number
        self.issuingOrganizationId = issuingOrganizationId
        self.amount = amount
        self.remaining = remaining
        self.reversal = reversal
        self.correctedAt = correctedAt
    }
}

/// The document of a receipt was drawn, sealed and stored.
public struct ReceiptDocumentIssued: EventPayload, Hashable {
    public static let type = "hoso.receipt-document.issued.v1"
    public static let topic = TopicCatalogue.receiptDocuments

    /// The receipt; also the key.
    public let receiptId: ReceiptID
    /// The number in the issuer's series.
    public let number: String
    /// Who issued it.
    public let issuingOrganizationId: OrganizationID
    /// When it was sealed.
    public let signedAt: Date
    /// The digest of the sealed document.
    public let sha256: ContentDigest
    /// Its size in bytes.
    public let size: Int64
    /// By which anyone verifies it.
    public let verificationId: VerificationID
    /// Under which root of trust the seal stands.
    public let signerClass: SignerClass
    /// The level of the signature.
    public let level: SignatureLevel

    public init(
        receiptId: ReceiptID, number: String, issuingOrganizationId: OrganizationID, signedAt: Date,
        sha256: ContentDigest, size: Int64, verificationId: VerificationID, signerClass: SignerClass,
        level: SignatureLevel
    ) {
        self.receiptId = receiptId
        self.number = number
        self.issuingOrganizationId = issuingOrganizationId
        self.signedAt = signedAt
        self.sha256 = sha256
        self.size = size
        self.verificationId = verificationId
        self.signerClass = signerClass
        self.level = level
    }
}

/// The document of a receipt could not be made.
public struct ReceiptDocumentFailed: EventPayload, Hashable {
    public static let type = "hoso.receipt-document.failed.v1"
    public static let topic = TopicCatalogue.receiptDocuments

    /// The receipt; also the key.
    public let receiptId: ReceiptID
    /// Which attempt it was.
    public let attempt: Int
    /// Why, as a stable name.
    public let reason: String
    /// Whether it must be asked for again; otherwise it is only late.
    public let final: Bool
    /// When.
    public let failedAt: Date

    public init(receiptId: ReceiptID, attempt: Int, reason: String, final: Bool, failedAt: Date) {
        self.receiptId = receiptId
        self.attempt = attempt
        self.reason = reason
        self.final = final
        self.failedAt = failedAt
    }
}
