public import Contracts
public import Foundation

/// How a service stood when it was last asked.
public struct ServiceStanding: Codable, Hashable, Sendable {
    /// One word.
    public enum State: String, Codable, Sendable, CaseIterable {
        /// All work is done.
        case ready
        /// Requests are answered, something else is late.
        case degraded
        /// It lives, and takes no requests.
        case notReady = "not-ready"
        /// It does not answer.
        case unreachable
        /// Not asked yet.
        case unknown
    }

    public let service: ServiceName
    public let state: State
    /// Why, in the service's own words; never with personal data.
    public let reasons: [String]
    /// When it was asked.
    public let askedAt: Date?
    /// How long the answer took, in milliseconds.
    public let milliseconds: Int?

    public init(service: ServiceName, state: State, reasons: [String], askedAt: Date?, milliseconds: Int?) {
        self.service = service
        self.state = state
        self.reasons = reasons
        self.askedAt = askedAt
        self.milliseconds = milliseconds
    }

    /// Nobody asked yet.
    public static func unknown(_ service: ServiceName) -> ServiceStanding {
        ServiceStanding(service: service, state: .unknown, reasons: [], askedAt: nil, milliseconds: nil)
    }

    /// What an answer to `/health/ready` says; one that is no report is not believed.
    public static func state(word: String?, status: Int) -> State {
        switch (word.flatMap(State.init(rawValue:)), status) {
        case (.ready?, 200): .ready
        case (.degraded?, 200): .degraded
        default: .notReady
        }
    }
}
