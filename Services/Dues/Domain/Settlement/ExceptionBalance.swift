public import Contracts

/// What the books still hold because of an exception, and how it leaves them.
///
/// Settled money that could not be matched waits as unexplained; a payment that was called back waits in clearing, and so
/// does what a file took back while nobody noted a reversal. A refund that has gone is taken out of clearing before a file
/// tells of it. What is written off, either way, is borne by what the payee keeps.
public struct ExceptionBalance: Hashable, Sendable {
    /// Settled, and nobody knows for what; negative when a file took back what nobody knows.
    public let unexplained: Dong
    /// What clearing waits for. With a line of the payment: what of the payment nothing has settled, whatever refunds took
    /// since, as those have lines of their own. Without one: what clearing holds and no refund was promised. Negative while
    /// a refund waits for its line.
    public let clearing: Dong
    public let payee: OrganizationID

    public init(unexplained: Dong, clearing: Dong, payee: OrganizationID) {
        self.unexplained = unexplained
        self.clearing = clearing
        self.payee = payee
    }

    public var isEmpty: Bool { unexplained == .zero && clearing == .zero }

    /// What of the settled money is above the payment: once confirmed it is owed back to the payer.
    public var surplus: Dong { max(unexplained - max(clearing, .zero), .zero) }

    /// What it posts that the settled money is that of the payment after all; what is above is owed back to the payer.
    /// Nil when the settled money is less than the payment, or one of the two is not there.
    public var confirmed: [Posting]? {
        guard !isEmpty else { return [] }
        guard clearing > .zero, unexplained >= clearing else { return nil }
        return [
            posting(.unexplained, .gatewayClearing, clearing),
            posting(.unexplained, .refunds, surplus),
        ].compactMap { $0 }
    }

    /// What it posts that nobody will ever explain it.
    public var writtenOff: [Posting] {
        let both = max(min(unexplained, clearing), .zero)
        return [
            posting(.retained, .unexplained, -unexplained),
            posting(.unexplained, .gatewayClearing, both),
            posting(.unexplained, .retained, unexplained - both),
            posting(.retained, .gatewayClearing, clearing - both),
            posting(.gatewayClearing, .retained, -clearing),
        ].compactMap { $0 }
    }

    /// What it posts that a refund which was taken for gone has not: the money is owed to the payer again.
    public var owedAgain: [Posting] { [posting(.gatewayClearing, .refunds, -clearing)].compactMap { $0 } }

    /// What it posts that what was written off came after all.
    ///
    /// - Parameter amount: what the write-off took out of clearing; negative for a refund, whose line came.
    public static func cameAfterAll(_ amount: Dong, payee: OrganizationID) -> [Posting] {
        ExceptionBalance(unexplained: .zero, clearing: -amount, payee: payee).writtenOff
    }

    /// What it posts that a reversal was noted of which a line told without saying of what payment.
    public static func found(_ amount: Dong, payee: OrganizationID) -> [Posting] {
        [
            ExceptionBalance(unexplained: .zero, clearing: .zero, payee: payee)
                .posting(.gatewayClearing, .unexplained, amount)
        ].compactMap { $0 }
    }

    /// What it posts that the unexplained money goes to a payment of an order: it waits in clearing, from which the
    /// payment takes it.
    public func reassigned(to payee: OrganizationID) -> [Posting] {
        [
            Posting(
                debit: Account(.unexplained, of: self.payee), credit: Account(.gatewayClearing, of: payee),
                amount: unexplained, cause: .exception)
        ].compactMap { $0 }
    }

    private func posting(_ debit: AccountKind, _ credit: AccountKind, _ amount: Dong) -> Posting? {
        Posting(debit: Account(debit, of: payee), credit: Account(credit, of: payee), amount: amount, cause: .exception)
    }
}
