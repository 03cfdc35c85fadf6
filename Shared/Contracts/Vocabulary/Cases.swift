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

/// What became of the sealed paper file (hồ sơ đảng viên bản giấy, niêm phong) that a member carries to the receiving
/// side of a transfer.
public enum PaperFileState: String, Codable, Hashable, Sendable, CaseIterable {
    /// The sending side gave it to the member.
    case handedOver = "handed-over"
    /// The receiving side has it.
    case arrived
    /// Its loss was reported.
    case lost
    /// The police confirmed the loss.
    case policeConfirmed = "police-confirmed"
    /// The sending side gave the member a new one.
    case reissued
    /// It is back at the sending side.
    case returned
}
