public import Contracts
public import Foundation

/// What a gateway tells of a payment, after its signature was checked, without the gateway's own field names.
public struct GatewayCallback: Hashable, Sendable {
    /// The gateway by its configured name.
    public let gateway: String
    /// The reference as the gateway sends it.
    public let reference: String
    /// What the payer paid; absent when the gateway's figure is no whole number of đồng.
    public let amount: Dong?
    public let outcome: CallbackOutcome
    /// The gateway's own number of the transaction.
    public let transaction: String
    /// When it was paid, as the gateway says.
    public let paidAt: Date?
    /// The gateway's own code of the result.
    public let code: String

    public init(
        gateway: String, reference: String, amount: Dong?, outcome: CallbackOutcome, transaction: String,
        paidAt: Date?, code: String
    ) {
        self.gateway = gateway
        self.reference = reference
        self.amount = amount
        self.outcome = outcome
        self.transaction = transaction
        self.paidAt = paidAt
        self.code = code
    }
}

extension GatewayCallback {
    /// Clocks differ by so much at most, in seconds.
    private static let clockDifference: TimeInterval = 3_600

    /// When the money was paid, as far as it can be believed: without a moment, or with one that is still to come, it was
    /// paid when it was told.
    public func paidAt(toldAt now: Date) -> Date {
        paidAt.flatMap { $0 <= now + Self.clockDifference ? $0 : nil } ?? now
    }
}

/// What a callback says became of the payment.
public enum CallbackOutcome: String, Codable, Hashable, Sendable, CaseIterable {
    case paid
    case declined
    case pending
    /// Debited but suspected of fraud, or debited and not successful.
    case suspected

    var trigger: OrderTrigger {
        switch self {
        case .paid: .paid
        case .declined: .declined
        case .pending: .pending
        case .suspected: .suspected
        }
    }
}

/// What we tell a gateway; each gateway has its own words for it.
public enum CallbackAnswer: String, Codable, Hashable, Sendable, CaseIterable {
    case confirmed
    /// The same was said before.
    case alreadyConfirmed = "already-confirmed"
    case orderNotFound = "order-not-found"
    case wrongAmount = "wrong-amount"
    case notAuthentic = "not-authentic"
    /// Authentic, but not readable.
    case unusable
    /// Authentic, but for another merchant than us, which only two merchants with one secret can bring about. It is kept
    /// and acknowledged: repeating it would change nothing, and what we cannot ever process must not keep a gateway
    /// repeating. The log and the metric call a person; money of ours that came under a wrong code stands in the
    /// settlement file.
    case notOurs = "not-ours"
    /// We could not process it: the gateway is to try again.
    case tryAgain = "try-again"
}
