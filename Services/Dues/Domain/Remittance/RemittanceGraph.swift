/// The states of a remittance and the ways between them, as data.
///
/// What has no row is refused. No way leads out of `nothing` and `acknowledged`: what turns out to be wrong later is
/// corrected in the books of the month in which it is found.
public enum RemittanceGraph {
    public struct Transition: Hashable, Sendable {
        public let from: RemittanceState
        public let trigger: RemittanceTrigger
        public let to: RemittanceState
    }

    public static let transitions = [
        Transition(from: .due, trigger: .setOff, to: .acknowledged),
        Transition(from: .due, trigger: .reported, to: .paid),
        // The money was seen before anybody reported it.
        Transition(from: .due, trigger: .confirmed, to: .acknowledged),
        Transition(from: .paid, trigger: .confirmed, to: .acknowledged),
        Transition(from: .paid, trigger: .disputed, to: .due),
    ]

    /// Where the trigger leads; nil when it is refused in this state.
    public static func state(after trigger: RemittanceTrigger, in state: RemittanceState) -> RemittanceState? {
        transitions.first { $0.from == state && $0.trigger == trigger }?.to
    }

    /// The graph as a Mermaid state diagram, for the documentation.
    public static var diagram: String {
        let lines = transitions.map { "    \($0.from.rawValue) --> \($0.to.rawValue): \($0.trigger.rawValue)" }
        return (["stateDiagram-v2", "    [*] --> nothing", "    [*] --> due"] + lines).joined(separator: "\n") + "\n"
    }
}
