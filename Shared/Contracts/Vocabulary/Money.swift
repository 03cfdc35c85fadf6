/// The state in which a settled line ends; everything but `matched` is an exception for a person to settle.
public enum SettlementState: String, Codable, Hashable, Sendable, CaseIterable {
    case matched
    case amountDiffers = "amount-differs"
    /// Settled, never called back: the order is confirmed from the file.
    case missingCallback = "missing-callback"
    /// Called back, not settled in time.
    case missingSettlement = "missing-settlement"
    case unknownReference = "unknown-reference"
    case duplicate
    case wrongAccount = "wrong-account"
    case reversed
}
