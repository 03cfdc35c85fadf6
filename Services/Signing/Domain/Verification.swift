public import Contracts

/// Whether a result is in force (article 18).
public enum ResultForce: String, Codable, Hashable, Sendable, CaseIterable {
    case inForce = "in-force"
    /// Withdrawn, cancelled or expired: still there, without effect.
    case invalidated
}

/// What anybody may learn of a result by its verification identifier: that it exists, is intact and in force, and
/// nothing else.
public struct Verification: Codable, Hashable, Sendable {
    public let verificationId: VerificationID
    public let exists: Bool
    /// Whether the stored document is the one that was signed.
    public let intact: Bool
    public let inForce: Bool
    public let text: LocalizedText

    /// Judges a stored result.
    public init(_ id: VerificationID, intact: Bool, force: ResultForce) {
        verificationId = id
        exists = true
        self.intact = intact
        inForce = force == .inForce
        text =
            switch (intact, force) {
            case (true, .inForce):
                LocalizedText(
                    vietnamese: "Kết quả có thật, còn nguyên vẹn và đang có hiệu lực.",
                    english: "The result exists, is intact and in force.")
            case (true, .invalidated):
                LocalizedText(
                    vietnamese: "Kết quả có thật nhưng không còn hiệu lực.",
                    english: "The result exists but is no longer in force.")
            case (false, _):
                LocalizedText(
                    vietnamese: "Kết quả đã bị thay đổi, không được sử dụng.",
                    english: "The stored result was changed; do not rely on it.")
            }
    }
}
