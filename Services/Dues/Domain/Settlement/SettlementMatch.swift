public import Contracts

/// What our side knows of a settled line.
public struct SettlementMatch: Hashable, Sendable {
    /// The order of the line's reference.
    public let order: PaymentOrder?
    /// What was booked for the line's transaction; nil when no callback ever said so.
    public let paid: Dong?
    /// Whether an earlier line, in this file or another, settled the same transaction.
    public let settledBefore: Bool
    /// The accounts that the money may have gone to; empty when the gateway's contract names the account.
    public let accounts: Set<String>
    /// Of a reversal: whether it tells of a refund that has gone and that no line has told of.
    public let refunded: Bool
    /// Of a reversal: whether a line said the same before, word for word, or of another day while no more is left that it
    /// could take back. More than is left is taken back too: nobody knows of what.
    public let takenBackBefore: Bool

    public init(
        order: PaymentOrder?, paid: Dong?, settledBefore: Bool, accounts: Set<String> = [], refunded: Bool = false,
        takenBackBefore: Bool = false
    ) {
        self.order = order
        self.paid = paid
        self.settledBefore = settledBefore
        self.accounts = accounts
        self.refunded = refunded
        self.takenBackBefore = takenBackBefore
    }

    /// The one state in which the line ends.
    public func state(of line: SettlementLine) -> SettlementState {
        if line.isReversal {
            if refunded { return .matched }
            return takenBackBefore ? .duplicate : .reversed
        }
        // Before the order is looked for: money that nobody could explain is not to be posted twice either.
        if settledBefore { return .duplicate }
        guard let order else { return .unknownReference }
        if let account = line.account, !accounts.isEmpty, !accounts.contains(account) { return .wrongAccount }
        guard line.gross == paid ?? order.total else { return .amountDiffers }
        return paid == nil ? .missingCallback : .matched
    }

    /// Whether a booked payment that no file has settled is an exception by now.
    public static func isMissingSettlement(confirmedOn: Day, today: Day, allowedDays: Int) -> Bool {
        confirmedOn.adding(days: allowedDays) < today
    }
}

extension SettlementState {
    /// A line in one of these settles a payment: its money leaves the clearing.
    public static let settling: [SettlementState] = [.matched, .missingCallback]
}
