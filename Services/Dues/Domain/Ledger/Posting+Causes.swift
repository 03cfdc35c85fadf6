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
    ///
    /// A reversal posts the other way round what moved between bank and clearing, whether or not somebody knows yet what
    /// for; what it is owed for is posted by the refund (`refundLeft`), so that the two can come in any order.
    ///
    /// - Parameter isOfPayment: whether the payment of a reversal is known.
    public static func settlement(
        _ line: SettlementLine, state: SettlementState, payee: OrganizationID, isOfPayment: Bool = true
    ) -> [Posting] {
        let from: Account
        switch state {
        case .matched, .missingCallback: from = Account(.gatewayClearing, of: payee)
        case .reversed: from = Account(isOfPayment ? .gatewayClearing : .unexplained, of: payee)
        case .unknownReference, .wrongAccount, .amountDiffers: from = Account(.unexplained, of: payee)
        // Nothing arrived with these.
        case .duplicate, .missingSettlement: return []
        }
        return [(AccountKind.bank, line.net), (.channelFees, line.fee)].compactMap { kind, amount in
            // What the channel charges for a refund makes its fee negative.
            let (to, isBack) = (Account(kind, of: payee), line.isReversal != (amount < .zero))
            return Posting(
                debit: isBack ? from : to, credit: isBack ? to : from, amount: max(amount, -amount), cause: .settlement)
        }
    }
}
