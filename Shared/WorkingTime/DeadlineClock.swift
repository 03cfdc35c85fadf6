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

        public init(from: Date, to: Date?) {
            self.from = from
            self.to = to
        }
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
    ///
    /// - Parameter pauses: those of a clock that ran before, in order.
    public init(limit: TimeLimit, startedAt: Date, pauses: [Pause] = []) throws(InvalidValue) {
        try limit.check()
        self.limit = limit
        self.startedAt = startedAt
        self.pauses = pauses
    }

    /// Whether the clock stands.
    public var isStopped: Bool { pauses.isStopped }

    /// Stops the clock: the dossier waits for the applicant.
    public mutating func stop(at moment: Date) throws(InvalidValue) {
        try pauses.stop(at: moment, startedAt: startedAt)
    }

    /// Lets the clock go on: the applicant's supplement came.
    public mutating func go(at moment: Date) throws(InvalidValue) { try pauses.go(at: moment) }
}

/// The times during which a clock stood, in order; only the last one can be open.
extension [DeadlineClock.Pause] {
    /// Whether the clock stands.
    public var isStopped: Bool { last.map { $0.to == nil } ?? false }

    /// Stops the clock.
    public mutating func stop(at moment: Date, startedAt: Date) throws(InvalidValue) {
        guard !isStopped else { throw ClockFault.alreadyStopped.fault }
        guard moment >= (last?.to ?? startedAt) else { throw ClockFault.backwards.fault }
        append(DeadlineClock.Pause(from: moment, to: nil))
    }

    /// Lets the clock go on.
    public mutating func go(at moment: Date) throws(InvalidValue) {
        guard let pause = last, pause.to == nil else { throw ClockFault.notStopped.fault }
        guard moment >= pause.from else { throw ClockFault.backwards.fault }
        self[count - 1] = DeadlineClock.Pause(from: pause.from, to: moment)
    }

    /// The times during which the clock ran; the last one is without end unless the clock stands.
    public func running(since startedAt: Date) -> [(from: Date, to: Date)] {
        var stretches: [(from: Date, to: Date)] = []
        var from: Date? = startedAt
        for pause in self {
            if let from { stretches.append((from, pause.from)) }
            from = pause.to
        }
        if let from { stretches.append((from, .distantFuture)) }
        return stretches
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
