public import Contracts

extension Posting {
    /// What an assessment posts; an adjustment reverses what was posted before and posts anew.
    public static func assessment(
        _ amount: Dong, before: Dong? = nil, of dues: DuesKey, cell: OrganizationID
    ) -> [Posting] {
        guard amount != before else { return [] }
        func posting(_ amount: Dong) -> Posting? {
            Posting(
                debit: Account(.memberReceivable, of: cell), credit: Account(.assessedDues, of: cell), amount: amount,
                cause: .assessment, dues: dues)
        }
        return [before.flatMap(posting)?.reversed, posting(amount)].compactMap { $0 }
    }

    /// What a payment posts: money that came through a gateway waits in clearing until the gateway settles it.
    ///
    /// - Parameter money: where the money is, `cashOnHand` when it was paid in cash.
    public static func payment(
        _ payment: Payment, payee: OrganizationID, money: AccountKind = .gatewayClearing
    ) -> [Posting] {
        let money = Account(money, of: payee)
        let refunds = Account(.refunds, of: payee)
        guard !payment.allocations.isEmpty else {
            return [Posting(debit: money, credit: refunds, amount: payment.overpaid, cause: .payment)].compactMap {
                $0
            }
        }
        return payment.allocations.flatMap { allocation -> [Posting?] in
            let line = allocation.line
            return [
                Posting(
                    debit: money, credit: Account(.memberReceivable, of: line.cellId), amount: allocation.allocated,
                    cause: .payment, dues: line.key),
                Posting(
                    debit: money, credit: Account(.advances, of: line.cellId), amount: allocation.advance,
                    cause: .payment, dues: line.key),
                Posting(
                    debit: money, credit: refunds, amount: allocation.overpaid, cause: .payment, dues: line.key),
            ]
        }.compactMap { $0 }
    }

    /// What it posts that an advance meets its assessment.
    ///
    /// - Parameters:
    ///   - holder: the cell with which the advance waited.
    ///   - cell: the cell that assessed the month; another one when the member moved meanwhile.
    public static func advanceUsed(
        _ amount: Dong, of dues: DuesKey, from holder: OrganizationID, cell: OrganizationID
    ) -> [Posting] {
        [
            Posting(
                debit: Account(.advances, of: holder), credit: Account(.memberReceivable, of: cell), amount: amount,
                cause: .assessment, dues: dues)
        ].compactMap { $0 }
    }

    /// What it posts that the month of an advance needs it not, or not all of it: the payee owes it back.
    public static func advanceReturned(
        _ amount: Dong, of dues: DuesKey, from holder: OrganizationID, payee: OrganizationID
    ) -> [Posting] {
        [
            Posting(
                debit: Account(.advances, of: holder), credit: Account(.refunds, of: payee), amount: amount,
                cause: .assessment, dues: dues)
        ].compactMap { $0 }
    }

    /// What a settled line posts; the fee is the payee's and never lowers what the member is credited.
    public static func settlement(
        _ line: SettlementLine, state: SettlementState, payee: OrganizationID
    ) -> [Posting] {
        let from: Account
        switch state {
        case .matched, .missingCallback: from = Account(.gatewayClearing, of: payee)
        case .unknownReference, .wrongAccount, .amountDiffers: from = Account(.unexplained, of: payee)
        // Nothing arrived with these.
        case .duplicate, .missingSettlement, .reversed: return []
        }
        return [
            Posting(debit: Account(.bank, of: payee), credit: from, amount: line.net, cause: .settlement),
            Posting(debit: Account(.channelFees, of: payee), credit: from, amount: line.fee, cause: .settlement),
        ].compactMap { $0 }
    }
}
