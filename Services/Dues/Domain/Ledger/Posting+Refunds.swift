public import Contracts

extension Posting {
    /// What it posts that a part of a refund is owed to the payer: what its line had goes to the payee's refunds.
    ///
    /// - Parameters:
    ///   - holder: the cell with which an advance waits.
    ///   - cell: the cell in whose books the month stands.
    public static func refundOwed(
        _ sources: RefundSources, of dues: DuesKey, holder: OrganizationID, cell: OrganizationID,
        payee: OrganizationID
    ) -> [Posting] {
        let refunds = Account(.refunds, of: payee)
        func posting(_ kind: AccountKind, _ owner: OrganizationID, _ amount: Dong) -> Posting? {
            let account = Account(kind, of: owner)
            guard account != refunds else { return nil }
            return Posting(debit: account, credit: refunds, amount: amount, cause: .refund, dues: dues)
        }
        return [
            posting(.refunds, cell, sources.lowered), posting(.advances, holder, sources.waiting),
            posting(.memberReceivable, cell, sources.paid),
        ].compactMap { $0 }
    }

    /// What it posts that a refund has gone to the payer: the gateway keeps it back from what it settles. A fee of the
    /// channel is none of it; it is posted with the line of the settlement that tells it.
    public static func refundLeft(_ amount: Dong, payee: OrganizationID) -> [Posting] {
        [
            Posting(
                debit: Account(.refunds, of: payee), credit: Account(.gatewayClearing, of: payee), amount: amount,
                cause: .refund)
        ].compactMap { $0 }
    }
}
