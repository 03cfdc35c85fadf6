public import Contracts

/// What is given back of a payment.
public enum RefundKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// What no line takes, or no longer needs.
    case overpayment
    /// Single lines; the others stay.
    case lines
    /// All that is left of the payment.
    case payment
    /// What the gateway took back by itself (charge-back), all that is left of the payment or a part: nothing is sent.
    case reversal
}

/// A refund (hoàn tiền): money of one payment that goes back to the payer's instrument.
public struct Refund: Hashable, Sendable {
    public let refundId: RefundID
    public let kind: RefundKind
    public private(set) var state: RefundState
    public let parts: [RefundPart]
    public let requestedBy: MemberID

    public init(
        refundId: RefundID, kind: RefundKind, state: RefundState = .requested, parts: [RefundPart],
        requestedBy: MemberID
    ) {
        self.refundId = refundId
        self.kind = kind
        self.state = state
        self.parts = parts
        self.requestedBy = requestedBy
    }

    public var amount: Dong { parts.map(\.amount).sum() }

    /// Takes a step; what a person decides about somebody's request is decided by another person.
    ///
    /// - Parameter person: who decides; absent for what a gateway says.
    public mutating func take(_ step: RefundStep, by person: MemberID? = nil) throws(InvalidValue) -> RefundEffect {
        let transition = try RefundGraph.transition(from: state, on: step)
        switch step {
        case .approve, .reject, .confirm, .deny:
            guard let person, person != requestedBy else { throw Self.samePerson }
        case .send: guard kind != .reversal else { throw Self.notSent }
        case .noteReversal: guard kind == .reversal else { throw Self.notReversal }
        case .withdraw, .hold, .succeed, .fail, .noAnswer, .notReceived: break
        }
        state = transition.to
        return transition.effect
    }

    private static let samePerson = InvalidValue(
        field: "requestedBy", rule: "refund.same-person",
        vietnamese: "Người quyết định phải khác người đề nghị hoàn tiền.",
        english: "Whoever asked for the refund does not decide on it.")
    private static let notSent = InvalidValue(
        field: "kind", rule: "refund.reversal-not-sent", vietnamese: "Cổng thanh toán đã tự thu hồi khoản này.",
        english: "The gateway took the payment back by itself; nothing is sent.")
    private static let notReversal = InvalidValue(
        field: "kind", rule: "refund.not-a-reversal", vietnamese: "Khoản hoàn này phải được gửi đến cổng thanh toán.",
        english: "This refund is to be sent to the gateway.")
}

/// A part of a refund: of one line, or of what no line takes.
public struct RefundPart: Hashable, Sendable {
    /// Nil for what no line took.
    public let key: DuesKey?
    /// Whether it is only what the line's month did not need.
    public let isSurplus: Bool
    public let amount: Dong

    public init(key: DuesKey?, isSurplus: Bool, amount: Dong) {
        self.key = key
        self.isSurplus = isSurplus
        self.amount = amount
    }
}
