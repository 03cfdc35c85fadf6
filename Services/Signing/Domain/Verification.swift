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
}
