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

    public init(order: PaymentOrder?, paid: Dong?, settledBefore: Bool, accounts: Set<String> = []) {
        self.order = order
        self.paid = paid
        self.settledBefore = settledBefore
        self.accounts = accounts
    }

    /// The one state in which the line ends.
    public func state(of line: SettlementLine) -> SettlementState {
        if line.isReversal { return .reversed }
        // Before the order is looked for: money that nobody could explain is not to be posted twice either.
        if settledBefore { return .duplicate }
        guard let order else { return .unknownReference }
        if let account = line.account, !accounts.isEmpty, !accounts.contains(account) { return .wrongAccount }
        guard line.gross == paid ?? order.total else { return .amountDiffers }
        return paid == nil ? .missingCallback : .matched
    }

    /// Whether a booked payment that no file has settled is an exception by now.
    public static func isMissingSettlement(paidOn: Day, today: Day, allowedDays: Int) -> Bool {
        paidOn.adding(days: allowedDays) < today
    }
}
