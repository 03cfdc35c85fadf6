/// The account that the money of an order goes to (tài khoản thụ hưởng), as it was when the order was made.
public struct PayeeAccount: Hashable, Sendable {
    /// The bank, by its code in the payment network.
    public let bankCode: String
    public let accountNumber: String
    /// The name of the holder as the bank writes it.
    public let holderName: String

    public init(bankCode: String, accountNumber: String, holderName: String) {
        self.bankCode = bankCode
        self.accountNumber = accountNumber
        self.holderName = holderName
    }
}
