public import Contracts

/// One posting (bút toán): an amount from one account to another, so that it balances by construction.
public struct Posting: Hashable, Sendable {
    public let debit: Account
    public let credit: Account
    /// Always positive; a correction swaps the accounts.
    public let amount: Dong
    /// Why.
    public let cause: Cause
    /// Whose dues of which month it is about.
    public let dues: DuesKey?

    /// Why something is posted.
    public enum Cause: String, Codable, Hashable, Sendable, CaseIterable {
        case assessment
        case payment
        case settlement
        case refund
        case reversal
        case remittance
        case cash
        /// What was decided on an exception.
        case exception
    }

    /// A posting; nil when there is nothing to post.
    public init?(debit: Account, credit: Account, amount: Dong, cause: Cause, dues: DuesKey? = nil) {
        guard amount > .zero else { return nil }
        self.debit = debit
        self.credit = credit
        self.amount = amount
        self.cause = cause
        self.dues = dues
    }

    private init(reversing posting: Posting) {
        debit = posting.credit
        credit = posting.debit
        amount = posting.amount
        cause = .reversal
        dues = posting.dues
    }

    /// The correction of the posting.
    public var reversed: Posting { Posting(reversing: self) }
}

/// Derived balances.
public struct Balances: Hashable, Sendable {
    private var debits: [Account: Dong] = [:]

    public init(_ postings: some Sequence<Posting>) {
        for posting in postings {
            debits[posting.debit, default: .zero] += posting.amount
            debits[posting.credit, default: .zero] -= posting.amount
        }
    }

    /// The balance, positive on the account's own side.
    public subscript(account: Account) -> Dong {
        let debit = debits[account] ?? .zero
        return account.kind.normalSide == .debit ? debit : -debit
    }

    /// The sum over all accounts, which is always 0.
    public var difference: Dong { debits.values.sum() }
}
