public import Contracts

/// What is still owed of the months at hand; each đồng is given away once.
public struct OpenDues: Hashable, Sendable {
    private var open: [DuesKey: Dong]

    /// - Parameter open: what is left of each assessed month; a month that is missing was not assessed yet.
    public init(_ open: [DuesKey: Dong] = [:]) { self.open = open }

    public mutating func add(_ amount: Dong, of key: DuesKey) { open[key] = amount }

    /// Takes up to `amount` of what is owed; `nil` when the month was not assessed yet.
    mutating func take(_ amount: Dong, of key: DuesKey) -> Dong? {
        guard let left = open[key] else { return nil }
        let taken = min(max(left, .zero), amount)
        open[key] = left - taken
        return taken
    }
}

/// What became of the money of one line.
public struct Allocation: Hashable, Sendable {
    public let line: OrderLine
    /// Pays what was assessed.
    public let allocated: Dong
    /// Waits for the assessment of the month; what that does not need becomes a refund and an exception.
    public let advance: Dong
    /// Paid before by another order: to be refunded or carried over.
    public let overpaid: Dong

    /// What the line takes of the payment.
    public var taken: Dong { allocated + advance }

    /// The line as events tell it, with what it took; nil when it took nothing.
    public var payload: PaymentLine? {
        guard taken > .zero else { return nil }
        return PaymentLine(
            memberId: line.key.memberId, month: line.key.month, amount: taken, assessmentId: line.assessmentId)
    }

    /// Divides the money of the line; the three parts are always the whole.
    init(_ line: OrderLine, _ open: inout OpenDues) {
        self.line = line
        if let taken = open.take(line.amount, of: line.key) {
            allocated = taken
            advance = .zero
            overpaid = line.amount - taken
        } else {
            allocated = .zero
            advance = line.amount
            overpaid = .zero
        }
    }
}

/// Money that came in for an order (khoản thu).
public struct Payment: Hashable, Sendable {
    public let amount: Dong
    /// Empty for a second payment of the same order.
    public let allocations: [Allocation]
    /// What no line takes.
    public let overpaid: Dong

    /// The payment of an order, or the second one, of which no line takes anything.
    public init(_ amount: Dong, of order: PaymentOrder, again: Bool, _ open: inout OpenDues) {
        self.amount = amount
        guard !again else {
            allocations = []
            overpaid = amount
            return
        }
        var allocations: [Allocation] = []
        for line in order.lines { allocations.append(Allocation(line, &open)) }
        self.allocations = allocations
        overpaid = allocations.map(\.overpaid).sum()
    }
}
