/// How far the deadline of a turn has come; each is told once for each turn.
public enum DeadlineAlertLevel: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
    /// Little of the limit is left: the officer is told.
    case warning
    /// The limit has passed: the officer is told again.
    case breach
    /// It has passed for so long that the superior is told.
    case escalation

    public static func < (left: DeadlineAlertLevel, right: DeadlineAlertLevel) -> Bool { left.order < right.order }

    private var order: Int {
        switch self {
        case .warning: 0
        case .breach: 1
        case .escalation: 2
        }
    }
}
