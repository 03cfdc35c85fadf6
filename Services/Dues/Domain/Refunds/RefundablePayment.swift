public import Contracts

/// What can still be given back of a payment.
public struct RefundablePayment: Hashable, Sendable {
    /// One line with what it took and still has.
    public struct Line: Hashable, Sendable {
        public let key: DuesKey
        /// What it took of the payment, less what standing refunds took of it.
        public let rest: Dong
        /// What of the rest its month did not need: returned advances, what a lowered assessment left over.
        public let surplus: Dong

        public init(key: DuesKey, rest: Dong, surplus: Dong) {
            self.key = key
            self.rest = max(rest, .zero)
            self.surplus = min(max(surplus, .zero), self.rest)
        }
    }

    /// What was paid, less all standing refunds of it.
    public let rest: Dong
    /// What no line took, less what standing refunds took of it.
    public let overpaid: Dong
    public let lines: [Line]

    public init(rest: Dong, overpaid: Dong, lines: [Line]) {
        self.rest = rest
        self.overpaid = max(overpaid, .zero)
        self.lines = lines
    }

    /// The parts of a refund, never above what was paid.
    ///
    /// - Parameters:
    ///   - keys: which lines; only for single ones.
    ///   - amount: how much the gateway took back; only for a reversal, all that is left where nothing is said.
    public func parts(
        of kind: RefundKind, lines keys: [DuesKey] = [], amount: Dong? = nil
    ) throws(InvalidValue) -> [RefundPart] {
        if kind != .lines, !keys.isEmpty { throw Self.linesNotAsked }
        if kind != .reversal, amount != nil { throw Self.amountNotAsked }
        let parts: [RefundPart] =
            switch kind {
            case .overpayment: beside + lines.map { RefundPart(key: $0.key, isSurplus: true, amount: $0.surplus) }
            case .lines: try single(keys)
            case .payment, .reversal:
                beside + lines.map { RefundPart(key: $0.key, isSurplus: false, amount: $0.rest) }
            }
        let some = try Self.up(to: amount, of: parts.filter { $0.amount > .zero })
        guard !some.isEmpty else { throw Self.nothingLeft("kind") }
        guard some.map(\.amount).sum() <= rest else { throw Self.abovePaid }
        return some
    }

    /// As much of the parts as makes the amount: what pays nothing first, then the lines as the order has them.
    private static func up(to amount: Dong?, of parts: [RefundPart]) throws(InvalidValue) -> [RefundPart] {
        guard let amount else { return parts }
        guard amount > .zero, amount <= parts.map(\.amount).sum() else { throw Self.notOfPayment }
        var rest = amount
        return parts.map { part in
            let taken = min(part.amount, rest)
            rest -= taken
            return RefundPart(key: part.key, isSurplus: part.isSurplus, amount: taken)
        }.filter { $0.amount > .zero }
    }

    private var beside: [RefundPart] { [RefundPart(key: nil, isSurplus: false, amount: overpaid)] }

    private func single(_ keys: [DuesKey]) throws(InvalidValue) -> [RefundPart] {
        guard !keys.isEmpty else {
            throw InvalidValue(
                field: "lines", rule: "refund.no-lines", vietnamese: "Cần nêu ít nhất một khoản.",
                english: "At least one line is needed.")
        }
        var parts: [RefundPart] = []
        for (index, key) in keys.enumerated() {
            guard !keys[..<index].contains(key) else {
                throw InvalidValue(
                    field: "lines[\(index)]", rule: "refund.line-twice", vietnamese: "Khoản này đã được nêu.",
                    english: "The line is named already.")
            }
            guard let line = lines.first(where: { $0.key == key }) else {
                throw InvalidValue(
                    field: "lines[\(index)]", rule: "refund.line-unknown",
                    vietnamese: "Lần thanh toán này không có khoản đó.", english: "The payment has no such line.")
            }
            guard line.rest > .zero else { throw Self.nothingLeft("lines[\(index)]") }
            parts.append(RefundPart(key: key, isSurplus: false, amount: line.rest))
        }
        return parts
    }

    private static func nothingLeft(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "refund.nothing-left", vietnamese: "Không còn khoản nào để hoàn.",
            english: "Nothing is left to be refunded.")
    }

    private static let amountNotAsked = InvalidValue(
        field: "amount", rule: "refund.amount-not-asked", vietnamese: "Chỉ nêu số tiền khi cổng đã tự thu hồi.",
        english: "An amount is named only of what the gateway took back by itself.")
    private static let notOfPayment = InvalidValue(
        field: "amount", rule: "refund.amount",
        vietnamese: "Phải lớn hơn 0 và không quá phần còn lại của khoản thanh toán.",
        english: "It must be above 0 and not more than what is left of the payment.")
    private static let linesNotAsked = InvalidValue(
        field: "lines", rule: "refund.lines-not-asked", vietnamese: "Chỉ nêu các khoản khi hoàn từng khoản.",
        english: "Lines are named only where single lines are refunded.")
    private static let abovePaid = InvalidValue(
        field: "amount", rule: "refund.above-paid", vietnamese: "Tổng số tiền hoàn vượt quá số đã thanh toán.",
        english: "The refunds would be more than what was paid.")
}
