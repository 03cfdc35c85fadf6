public import Contracts

extension Posting {
    /// What it posts that the superior has counted cash that was handed over.
    public static func cashReceived(
        _ amount: Dong, from inferior: OrganizationID, to superior: OrganizationID
    ) -> [Posting] {
        [
            Posting(
                debit: Account(.cashOnHand, of: superior), credit: Account(.cashOnHand, of: inferior), amount: amount,
                cause: .cash)
        ].compactMap { $0 }
    }

    /// What it posts that cash was paid in at a bank.
    ///
    /// - Parameter holder: whose account it is.
    public static func cashDeposited(
        _ amount: Dong, by organization: OrganizationID, holder: OrganizationID
    ) -> [Posting] {
        [
            Posting(
                debit: Account(.bank, of: holder), credit: Account(.cashOnHand, of: organization), amount: amount,
                cause: .cash)
        ].compactMap { $0 }
    }
}
