/// What readiness says: one word, the reasons, and every check.
public struct HealthReport: Sendable, Codable, Hashable {
    /// The word.
    public enum Status: String, Sendable, Codable {
        /// All work is done.
        case ready
        /// Requests are answered, something else is late.
        case degraded
        /// Send no requests here.
        case notReady = "not-ready"
    }

    /// One check.
    public struct Check: Sendable, Codable, Hashable {
        /// `ok`, `degraded` or `failed`.
        public var state: String
        /// Why, when it is not `ok`.
        public var reason: String?
    }

    /// The worst of the checks.
    public var status: Status
    /// `<state>: <check>: <reason>` of everything that is not `ok`.
    public var reasons: [String]
    /// Every check by its name.
    public var checks: [String: Check]

    /// Sums up what the checks found.
    public init(_ found: [(name: String, state: HealthState)]) {
        checks = [:]
        reasons = []
        status = .ready
        for (name, state) in found {
            checks[name] = Check(state: state.name, reason: state.reason)
            if let reason = state.reason { reasons.append("\(state.name): \(name): \(reason)") }
            switch state {
            case .ok: break
            case .degraded: if status == .ready { status = .degraded }
            case .failed: status = .notReady
            }
        }
    }
}
