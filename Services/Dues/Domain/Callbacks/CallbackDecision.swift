import Contracts

/// What a callback does to an order.
public struct CallbackDecision: Hashable, Sendable {
    public let answer: CallbackAnswer
    /// What the graph says; absent when the order stays untouched.
    public let transition: OrderGraph.Transition?
    /// The money to book.
    public let payment: Payment?

    /// Decides on an authentic callback; the order and what is open of its months are carried on, so that the next
    /// callback of the same batch sees what this one did.
    ///
    /// In order: is there such an order, does the amount fit, was this said before.
    public static func decide(
        _ callback: GatewayCallback, on order: inout PaymentOrder?, _ open: inout OpenDues
    ) -> CallbackDecision {
        guard var found = order else { return CallbackDecision(.orderNotFound) }
        guard found.channel == callback.gateway else { return CallbackDecision(.orderNotFound) }
        guard callback.amount == found.total else { return CallbackDecision(.wrongAmount) }
        let said = Heard(transaction: callback.transaction, outcome: callback.outcome)
        guard found.heard.insert(said).inserted else { return CallbackDecision(.alreadyConfirmed) }
        let transition = OrderGraph.transition(from: found.state, on: callback.outcome.trigger)
        let payment: Payment? =
            switch transition.effect {
            case .takePayment: Payment(found.total, of: found, again: false, &open)
            case .takeOverpayment: Payment(found.total, of: found, again: true, &open)
            case .recordFailure, .askStatus, .raiseException, .note: nil
            }
        found.state = transition.to
        order = found
        return CallbackDecision(.confirmed, transition, payment)
    }

    private init(
        _ answer: CallbackAnswer, _ transition: OrderGraph.Transition? = nil, _ payment: Payment? = nil
    ) {
        self.answer = answer
        self.transition = transition
        self.payment = payment
    }
}
