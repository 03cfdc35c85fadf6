/// The states of a payment order and the ways between them, as data.
///
/// There is a row for every state and trigger. No way leads out of `paid`: what comes after it is booked beside it.
public enum OrderGraph {
    public struct Transition: Hashable, Sendable {
        public let from: OrderState
        public let trigger: OrderTrigger
        public let to: OrderState
        public let effect: OrderEffect
    }

    public static let transitions: [Transition] = rows.map { row in
        Transition(from: row.0, trigger: row.1, to: row.2, effect: row.3)
    }

    /// What the trigger does in the state.
    public static func transition(from state: OrderState, on trigger: OrderTrigger) -> Transition {
        // A test asserts that the table has every pair; without a row nothing would change.
        byPair[Pair(state: state, trigger: trigger)]
            ?? Transition(from: state, trigger: trigger, to: state, effect: .note)
    }

    /// The graph as a Mermaid state diagram, for the documentation.
    public static var diagram: String {
        let lines = transitions.filter { $0.from != $0.to || $0.effect != .note }.map {
            "    \($0.from.rawValue) --> \($0.to.rawValue): \($0.trigger.rawValue) / \($0.effect.rawValue)"
        }
        return (["stateDiagram-v2", "    [*] --> open"] + lines).joined(separator: "\n") + "\n"
    }

    private struct Pair: Hashable {
        let state: OrderState
        let trigger: OrderTrigger
    }

    private static let byPair = Dictionary(
        transitions.map { (Pair(state: $0.from, trigger: $0.trigger), $0) }, uniquingKeysWith: { first, _ in first })

    private typealias Row = (OrderState, OrderTrigger, OrderState, OrderEffect)

    private static let rows: [Row] = [
        (.open, .paid, .paid, .takePayment),
        (.open, .declined, .failed, .recordFailure),
        (.open, .pending, .unknown, .askStatus),
        (.open, .suspected, .doubtful, .raiseException),
        (.open, .silent, .unknown, .askStatus),
        (.open, .timeOver, .expired, .note),
        (.open, .accountChanged, .expired, .note),

        (.unknown, .paid, .paid, .takePayment),
        (.unknown, .declined, .failed, .recordFailure),
        (.unknown, .pending, .unknown, .askStatus),
        (.unknown, .suspected, .doubtful, .raiseException),
        (.unknown, .silent, .unknown, .askStatus),
        // It may have been paid: it is asked for until it is known, however late.
        (.unknown, .timeOver, .unknown, .askStatus),
        (.unknown, .accountChanged, .unknown, .askStatus),

        (.doubtful, .paid, .paid, .takePayment),
        (.doubtful, .declined, .failed, .recordFailure),
        (.doubtful, .pending, .doubtful, .note),
        (.doubtful, .suspected, .doubtful, .note),
        (.doubtful, .silent, .doubtful, .note),
        (.doubtful, .timeOver, .doubtful, .note),
        (.doubtful, .accountChanged, .doubtful, .note),

        (.paid, .paid, .paid, .takeOverpayment),
        // Failure after success: the money stays booked until a person or the settlement says otherwise.
        (.paid, .declined, .paid, .raiseException),
        (.paid, .pending, .paid, .note),
        (.paid, .suspected, .paid, .raiseException),
        (.paid, .silent, .paid, .note),
        (.paid, .timeOver, .paid, .note),
        (.paid, .accountChanged, .paid, .note),

        (.failed, .paid, .paid, .takePayment),
        (.failed, .declined, .failed, .note),
        (.failed, .pending, .unknown, .askStatus),
        (.failed, .suspected, .doubtful, .raiseException),
        (.failed, .silent, .failed, .note),
        (.failed, .timeOver, .failed, .note),
        (.failed, .accountChanged, .failed, .note),

        (.expired, .paid, .paid, .takePayment),
        (.expired, .declined, .expired, .note),
        (.expired, .pending, .unknown, .askStatus),
        (.expired, .suspected, .doubtful, .raiseException),
        (.expired, .silent, .expired, .note),
        (.expired, .timeOver, .expired, .note),
        (.expired, .accountChanged, .expired, .note),
    ]
}
