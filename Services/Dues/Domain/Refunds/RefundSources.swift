public import Contracts

/// What of a line there is to take a refund from; the first ones lower nobody's payment.
public struct RefundableLine: Hashable, Sendable {
    /// Stands among the payee's refunds already.
    public let returned: Dong
    /// Stands among the refunds of the cell whose assessment was lowered.
    public let lowered: Dong
    /// Waits for its month to be assessed.
    public let waiting: Dong
    /// Pays what was assessed, by whichever payment.
    public let paid: Dong

    public init(returned: Dong, lowered: Dong, waiting: Dong, paid: Dong) {
        self.returned = max(returned, .zero)
        self.lowered = max(lowered, .zero)
        self.waiting = max(waiting, .zero)
        self.paid = max(paid, .zero)
    }
}

/// Where the money of a part of a refund is taken from; the four are always the whole part.
public struct RefundSources: Hashable, Sendable {
    public let returned: Dong
    public let lowered: Dong
    public let waiting: Dong
    public let paid: Dong

    public init(returned: Dong = .zero, lowered: Dong = .zero, waiting: Dong = .zero, paid: Dong = .zero) {
        self.returned = returned
        self.lowered = lowered
        self.waiting = waiting
        self.paid = paid
    }

    /// Divides a part of a refund; throws when there is no longer enough since it was asked for.
    public init(of part: RefundPart, from line: RefundableLine) throws(InvalidValue) {
        var rest = part.amount
        func take(_ there: Dong) -> Dong {
            let taken = min(there, rest)
            rest -= taken
            return taken
        }
        returned = take(line.returned)
        lowered = take(line.lowered)
        waiting = part.isSurplus ? .zero : take(line.waiting)
        paid = part.isSurplus ? .zero : take(line.paid)
        guard rest == .zero else {
            throw InvalidValue(
                field: "lines", rule: "refund.changed-meanwhile",
                vietnamese: "Số tiền của khoản này đã thay đổi từ khi đề nghị hoàn; hãy từ chối và đề nghị lại.",
                english: "What the line has changed since the refund was asked for; reject it and ask again.")
        }
    }
}
