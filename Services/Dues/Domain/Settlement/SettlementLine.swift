public import Contracts

/// One payment in a gateway's or bank's settlement file (đối soát).
public struct SettlementLine: Hashable, Sendable {
    /// Its line in the file, from 1, headings counted.
    public let number: Int
    /// The reference as it stands in the file, without blanks around it.
    public let reference: String
    /// The gateway's own number of the transaction.
    public let transaction: String
    /// What the payer paid, or of a reversal what was taken back; matching is on it, and it is never negative.
    public let gross: Dong
    /// What the channel kept, or of a reversal what it gave back: negative when it charged something for it.
    public let fee: Dong
    /// What reached the account, or of a reversal what left it.
    public let net: Dong
    public let settledOn: Day
    /// Whether the file says that the payment was taken back.
    public let isReversal: Bool
    /// The account the money went to, where the file tells it.
    public let account: String?

    public init(
        number: Int, reference: String, transaction: String, gross: Dong, fee: Dong, net: Dong, settledOn: Day,
        isReversal: Bool = false, account: String? = nil
    ) {
        self.number = number
        self.reference = reference
        self.transaction = transaction
        self.gross = gross
        self.fee = fee
        self.net = net
        self.settledOn = settledOn
        self.isReversal = isReversal
        self.account = account
    }
}
