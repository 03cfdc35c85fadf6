public import Contracts

/// The states of a refund and the ways between them, as data; a pair without a row is refused.
public enum RefundGraph {
    public struct Transition: Hashable, Sendable {
        public let from: RefundState
        public let step: RefundStep
        public let to: RefundState
        public let effect: RefundEffect
    }

    public static let transitions: [Transition] = rows.map { row in
        Transition(from: row.0, step: row.1, to: row.2, effect: row.3)
    }

    /// What the step does in the state; throws the rule `refund.<step>` where there is no such way.
    public static func transition(from state: RefundState, on step: RefundStep) throws(InvalidValue) -> Transition {
        guard let transition = transitions.first(where: { $0.from == state && $0.step == step }) else {
            throw InvalidValue(
                field: "state", rule: "refund.\(step.rawValue)",
                vietnamese: "Khoản hoàn \(state.words.vietnamese), không thể thực hiện bước này.",
                english: "A refund that is \(state.words.english) does not take the step \(step.rawValue).")
        }
        return transition
    }

    /// The graph as a Mermaid state diagram, for the documentation.
    public static var diagram: String {
        let lines = transitions.map {
            "    \($0.from.rawValue) --> \($0.to.rawValue): \($0.step.rawValue)"
                + ($0.effect == .nothing ? "" : " / \($0.effect.rawValue)")
        }
        return (["stateDiagram-v2", "    [*] --> requested"] + lines).joined(separator: "\n") + "\n"
    }

    private typealias Row = (RefundState, RefundStep, RefundState, RefundEffect)

    private static let rows: [Row] = [
        (.requested, .approve, .approved, .owe),
        (.requested, .reject, .rejected, .nothing),
        (.requested, .withdraw, .withdrawn, .nothing),

        (.approved, .send, .sent, .nothing),
        (.approved, .withdraw, .withdrawn, .takeBack),
        (.approved, .noteReversal, .succeeded, .leave),
        (.approved, .hold, .unknown, .nothing),

        (.sent, .succeed, .succeeded, .leave),
        (.sent, .fail, .failed, .takeBack),
        (.sent, .noAnswer, .unknown, .nothing),

        (.unknown, .succeed, .succeeded, .leave),
        (.unknown, .fail, .failed, .takeBack),
        (.unknown, .noAnswer, .unknown, .nothing),
        // Sent once more under the same number.
        (.unknown, .notReceived, .approved, .nothing),
        (.unknown, .confirm, .succeeded, .leave),
        (.unknown, .deny, .failed, .takeBack),
    ]
}
