public import Contracts
public import Foundation

/// A limit that runs, stops while the applicant must supply something, and goes on (đồng hồ thời hạn).
///
/// It keeps moments only; what is used and what remains is computed by the calendar of the day one asks, so that a
/// change of the calendar re-computes everything.
public struct DeadlineClock: Codable, Hashable, Sendable {
    /// A time during which the clock stood.
    public struct Pause: Codable, Hashable, Sendable {
        public let from: Date
        /// Absent while the clock stands.
        public let to: Date?
    }

    /// The one extension that article 14.3 allows.
    public struct Extension: Codable, Hashable, Sendable {
        public let hours: Int
        /// What the applicant is told.
        public let reason: String
        public let grantedAt: Date
    }

    public let limit: TimeLimit
    /// When the dossier or the step was received.
    public let startedAt: Date
    public internal(set) var pauses: [Pause] = []
    public internal(set) var `extension`: Extension?

    /// A clock that starts to run, or what is wrong with its limit.
    public init(limit: TimeLimit, startedAt: Date) throws(InvalidValue) {
        try limit.check()
        self.limit = limit
        self.startedAt = startedAt
    }

    /// Whether the clock stands.
    public var isStopped: Bool { pauses.last.map { $0.to == nil } ?? false }

    /// Stops the clock: the dossier waits for the applicant.
    public mutating func stop(at moment: Date) throws(InvalidValue) {
        guard !isStopped else { throw ClockFault.alreadyStopped.fault }
        guard moment >= (pauses.last?.to ?? startedAt) else { throw ClockFault.backwards.fault }
        pauses.append(Pause(from: moment, to: nil))
    }

    /// Lets the clock go on: the applicant's supplement came.
    public mutating func go(at moment: Date) throws(InvalidValue) {
        guard let pause = pauses.last, pause.to == nil else { throw ClockFault.notStopped.fault }
        guard moment >= pause.from else { throw ClockFault.backwards.fault }
        pauses[pauses.count - 1] = Pause(from: pause.from, to: moment)
    }
}

/// What can be wrong with an act on a clock.
enum ClockFault: String {
    case alreadyStopped = "clock.already-stopped"
    case notStopped = "clock.not-stopped"
    case backwards = "clock.backwards"

    var fault: InvalidValue {
        let (vietnamese, english) =
            switch self {
            case .alreadyStopped: ("Thời hạn đang tạm dừng.", "The clock stands already.")
            case .notStopped: ("Thời hạn không tạm dừng.", "The clock is not stopped.")
            case .backwards: ("Thời điểm sớm hơn thời điểm trước đó.", "The moment is before the one before it.")
            }
        return InvalidValue(field: "at", rule: rawValue, vietnamese: vietnamese, english: english)
    }
}
