public import Contracts

/// Whether a result is in force (article 18).
public enum ResultForce: String, Codable, Hashable, Sendable, CaseIterable {
    case inForce = "in-force"
    /// Withdrawn, cancelled or expired: still there, without effect.
    case invalidated
}

/// What was found about the seal on a stored document.
public enum SealFinding: Hashable, Sendable {
    /// The document is the one that was sealed for this identifier, by a seal that was good then.
    case good
    /// The document is unchanged, but its seal is not, or no longer, believed.
    case untrusted
    /// The document is not what was sealed for this identifier.
    case broken
}

/// What anybody may learn of a result by its verification identifier: that it exists, is intact and in force, and
/// nothing else.
public struct Verification: Codable, Hashable, Sendable {
    public let verificationId: VerificationID
    public let exists: Bool
    /// Whether the stored document is the one that was signed, as its own signature says, by a seal that is believed.
    public let intact: Bool
    public let inForce: Bool
    public let text: LocalizedText

    /// Judges a stored result.
    public init(_ id: VerificationID, seal: SealFinding, force: ResultForce) {
        verificationId = id
        exists = true
        intact = seal == .good
        inForce = force == .inForce
        text =
            switch (seal, force) {
            case (.good, .inForce):
                LocalizedText(
                    vietnamese: "Kết quả có thật, còn nguyên vẹn và đang có hiệu lực.",
                    english: "The result exists, is intact and in force.")
            case (.good, .invalidated):
                LocalizedText(
                    vietnamese: "Kết quả có thật nhưng không còn hiệu lực.",
                    english: "The result exists but is no longer in force.")
            case (.untrusted, _):
                LocalizedText(
                    vietnamese: "Chữ ký số trên kết quả không được tin cậy, không được sử dụng.",
                    english: "The seal on the result is not trusted; do not rely on it.")
            case (.broken, _):
                LocalizedText(
                    vietnamese: "Kết quả đã bị thay đổi, không được sử dụng.",
                    english: "The stored result was changed; do not rely on it.")
            }
    }

    /// Judges the stored document of a receipt; why it was cancelled is told, how much it says is not.
    public init(_ id: VerificationID, seal: SealFinding, receipt: ReceiptForce) {
        verificationId = id
        exists = true
        intact = seal == .good
        inForce = receipt == .inForce || receipt == .reduced
        text =
            switch (seal, receipt) {
            case (.good, .inForce):
                LocalizedText(
                    vietnamese: "Biên lai có thật, còn nguyên vẹn và đang có hiệu lực.",
                    english: "The receipt exists, is intact and in force.")
            case (.good, .reduced):
                LocalizedText(
                    vietnamese: "Biên lai có thật và còn nguyên vẹn; một phần số tiền đã được hoàn trả theo phiếu.",
                    english: "The receipt exists and is intact; a voucher gave a part of its money back.")
            case (.good, .refunded):
                LocalizedText(
                    vietnamese: "Biên lai có thật nhưng đã huỷ: toàn bộ số tiền đã được hoàn trả.",
                    english: "The receipt exists but was cancelled: all of its money was given back.")
            case (.good, .reversed):
                LocalizedText(
                    vietnamese: "Biên lai có thật nhưng đã huỷ: cổng thanh toán đã thu hồi giao dịch.",
                    english: "The receipt exists but was cancelled: the gateway took the payment back.")
            case (.untrusted, _):
                LocalizedText(
                    vietnamese: "Chữ ký số trên biên lai không được tin cậy, không được sử dụng.",
                    english: "The seal on the receipt is not trusted; do not rely on it.")
            case (.broken, _):
                LocalizedText(
                    vietnamese: "Biên lai đã bị thay đổi, không được sử dụng.",
                    english: "The stored receipt was changed; do not rely on it.")
            }
    }
}
