public import Contracts

/// What the books say of a receipt whose money went back.
public enum ReceiptForce: String, Codable, Hashable, Sendable, CaseIterable {
    case inForce = "in-force"
    /// A part went back: it counts for what is left.
    case reduced
    /// All of it went back to the payer.
    case refunded
    /// The gateway took the payment back by itself.
    case reversed

    /// What follows from a correction.
    public init(_ correction: ReceiptCorrected) {
        self = correction.remaining > .zero ? .reduced : correction.reversal ? .reversed : .refunded
    }
}
