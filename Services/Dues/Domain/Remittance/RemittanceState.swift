/// Where what an organisation passes up for a month (khoản trích nộp) stands.
public enum RemittanceState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Nothing is to be passed up.
    case nothing
    /// To be paid.
    case due
    /// Whoever pays says that it was paid; the superior has not confirmed it.
    case paid
    /// The superior has it.
    case acknowledged

    /// As people read it.
    public var words: (vietnamese: String, english: String) {
        switch self {
        case .nothing: ("không có gì phải nộp", "nothing to be passed up")
        case .due: ("chưa nộp", "due")
        case .paid: ("đã báo nộp", "reported as paid")
        case .acknowledged: ("đã được cấp trên xác nhận", "acknowledged")
        }
    }
}

/// What can happen to a remittance.
public enum RemittanceTrigger: String, Codable, Hashable, Sendable, CaseIterable {
    /// The money stands on the superior's account already, for both use the same one.
    case setOff = "set-off"
    /// Whoever pays says that he did, and under which reference.
    case reported
    /// The superior confirms that the money came.
    case confirmed
    /// The superior says that the money did not come, or not all of it.
    case disputed
}
