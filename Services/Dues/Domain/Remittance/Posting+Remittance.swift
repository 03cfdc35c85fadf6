public import Contracts

extension Posting {
    /// What closing a month posts: what waits undivided in the books of organisations that were merged goes to their
    /// successor, then the whole is divided.
    ///
    /// - Parameter inherited: what waits with organisations that were merged into it.
    public static func division(
        _ sum: RemittanceSum, of organization: OrganizationID, inherited: [(from: OrganizationID, amount: Dong)]
    ) -> [Posting] {
        let undivided = Account(.assessedDues, of: organization)
        return inherited.compactMap { source in
            moving(source.amount, from: Account(.assessedDues, of: source.from), to: undivided)
        }
            + [
                Posting(
                    debit: undivided, credit: Account(.retained, of: organization), amount: sum.kept, cause: .remittance
                ),
                Posting(
                    debit: undivided, credit: Account(.payableToSuperior, of: organization), amount: sum.passed,
                    cause: .remittance),
            ].compactMap { $0 }
    }

    /// What it posts that the superior has the money: it is the superior's to divide, and moved from bank to bank.
    ///
    /// - Parameters:
    ///   - inferior: who passed it up.
    ///   - holders: on whose accounts the money stood and stands; nothing moved when they are the same.
    public static func acknowledgement(
        _ amount: Dong, from inferior: OrganizationID, to superior: OrganizationID,
        holders: (from: OrganizationID, to: OrganizationID)
    ) -> [Posting] {
        [
            Posting(
                debit: Account(.payableToSuperior, of: inferior), credit: Account(.assessedDues, of: superior),
                amount: amount, cause: .remittance),
            holders.from == holders.to
                ? nil
                : Posting(
                    debit: Account(.bank, of: holders.to), credit: Account(.bank, of: holders.from), amount: amount,
                    cause: .remittance),
        ].compactMap { $0 }
    }

    /// A credit balance that moves to another account, or a debit balance when the amount is negative.
    private static func moving(_ amount: Dong, from: Account, to: Account) -> Posting? {
        amount < .zero
            ? Posting(debit: to, credit: from, amount: -amount, cause: .remittance)
            : Posting(debit: from, credit: to, amount: amount, cause: .remittance)
    }
}
