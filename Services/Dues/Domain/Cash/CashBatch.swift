/// Where cash that an organisation hands on to its superior (bảng kê nộp tiền mặt) stands.
public enum CashBatchState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Handed over; the superior has not counted it.
    case handed
    /// Counted by the superior, and in its cash-book.
    case received
    /// The superior says that it did not come, or not all of it.
    case refused
    /// Taken back by whoever handed it over.
    case withdrawn

    /// As people read it.
    public var words: (vietnamese: String, english: String) {
        switch self {
        case .handed: ("đã giao, chờ đếm", "handed over")
        case .received: ("đã nhận đủ", "received")
        case .refused: ("bị từ chối", "refused")
        case .withdrawn: ("đã rút", "withdrawn")
        }
    }
}

/// What can happen to a batch of cash.
public enum CashBatchTrigger: String, Codable, Hashable, Sendable, CaseIterable {
    case counted
    case refused
    case withdrawn
}

/// The states of a batch of cash and the ways between them, as data; what has no row is refused.
public enum CashBatchGraph {
    public struct Transition: Hashable, Sendable {
        public let from: CashBatchState
        public let trigger: CashBatchTrigger
        public let to: CashBatchState
    }

    public static let transitions = [
        Transition(from: .handed, trigger: .counted, to: .received),
        Transition(from: .handed, trigger: .refused, to: .refused),
        Transition(from: .handed, trigger: .withdrawn, to: .withdrawn),
    ]

    /// Where the trigger leads; nil when it is refused in this state.
    public static func state(after trigger: CashBatchTrigger, in state: CashBatchState) -> CashBatchState? {
        transitions.first { $0.from == state && $0.trigger == trigger }?.to
    }

    /// The graph as a Mermaid state diagram, for the documentation.
    public static var diagram: String {
        let lines = transitions.map { "    \($0.from.rawValue) --> \($0.to.rawValue): \($0.trigger.rawValue)" }
        return (["stateDiagram-v2", "    [*] --> handed"] + lines).joined(separator: "\n") + "\n"
    }
}
