public import Contracts
public import Foundation

/// A payment order (lệnh thanh toán) as the rules see it.
public struct PaymentOrder: Hashable, Sendable {
    public let orderId: OrderID
    public let reference: PaymentReference
    public var state: OrderState
    /// The gateway by its configured name, or `cash`.
    public let channel: String
    public let payerMemberId: MemberID?
    /// Whom the money goes to.
    public let payeeId: OrganizationID
    /// Its account, where one was known.
    public let payeeAccount: PayeeAccount?
    public let lines: [OrderLine]
    public let total: Dong
    public let createdAt: Date
    public let expiresAt: Date
    /// Counts the events of the order.
    public var version: Int64
    /// What gateways said so far; saying it again changes nothing.
    public var heard: Set<Heard>

    /// The channel of orders that were paid in cash to the cell.
    public static let cash = "cash"

    public init(
        orderId: OrderID, reference: PaymentReference, state: OrderState, channel: String, payerMemberId: MemberID?,
        payeeId: OrganizationID, payeeAccount: PayeeAccount? = nil, lines: [OrderLine], total: Dong, createdAt: Date,
        expiresAt: Date, version: Int64, heard: Set<Heard> = []
    ) {
        self.orderId = orderId
        self.reference = reference
        self.state = state
        self.channel = channel
        self.payerMemberId = payerMemberId
        self.payeeId = payeeId
        self.payeeAccount = payeeAccount
        self.lines = lines
        self.total = total
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.version = version
        self.heard = heard
    }
}

/// That a gateway told of an outcome of one of its transactions.
public struct Heard: Hashable, Sendable {
    public let transaction: String
    public let outcome: CallbackOutcome

    public init(transaction: String, outcome: CallbackOutcome) {
        self.transaction = transaction
        self.outcome = outcome
    }
}

extension Heard: LosslessStringConvertible {
    /// `paid:14422574`.
    public var description: String { "\(outcome.rawValue):\(transaction)" }

    public init?(_ description: String) {
        let parts = description.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let outcome = CallbackOutcome(rawValue: String(parts[0])) else { return nil }
        self.init(transaction: String(parts[1]), outcome: outcome)
    }
}
