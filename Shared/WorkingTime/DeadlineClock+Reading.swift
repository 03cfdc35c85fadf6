public import Contracts
public import Foundation

extension DeadlineClock {
    /// How near the end is.
    public enum Level: String, Codable, Hashable, Sendable, Comparable {
        case onTime = "on-time"
        /// Little is left: the officer is told.
        case warning
        /// The limit has passed: the superior is told too.
        case breached

        /// How near an end is; without an end nothing is near.
        public init(at moment: Date, end: Date?, warnsAt: Date?) {
            if let end, moment > end {
                self = .breached
            } else if let warnsAt, moment >= warnsAt {
                self = .warning
            } else {
                self = .onTime
            }
        }

        public static func < (left: Level, right: Level) -> Bool { left.order < right.order }

        private var order: Int {
            switch self {
            case .onTime: 0
            case .warning: 1
            case .breached: 2
            }
        }
    }

    /// What the clock shows at one moment, in working time.
    public struct Reading: Hashable, Sendable {
        /// The whole limit.
        public let total: Duration
        /// What has run, the pauses left out; more than `total` after a breach.
        public let used: Duration
        /// What is left; zero after a breach.
        public let remaining: Duration
        /// The end; absent while the clock stands, unless it was passed before.
        public let deadline: Deadline?
        /// The moment from which the officer is warned; absent like the end.
        public let warnsAt: Date?
        public let level: Level
        public let isStopped: Bool

        public init(
            total: Duration, used: Duration, deadline: Deadline?, warnsAt: Date?, level: Level, isStopped: Bool
        ) {
            self.total = total
            self.used = used
            self.remaining = max(.zero, total - used)
            self.deadline = deadline
            self.warnsAt = warnsAt
            self.level = level
            self.isStopped = isStopped
        }

        /// What has run beyond the limit.
        public var overrun: Duration { max(.zero, used - total) }
    }

    /// What the clock shows at `moment`.
    public func reading(at moment: Date, in time: WorkingTime) -> Reading {
        let (end, total) = end(in: time)
        let used = segments(until: moment).reduce(Int64(0)) { $0 + time.milliseconds(from: $1.from, to: $1.to) }
        let warnsAt = walk(total - total * Int64(time.rules.warningPercentLeft) / 100, in: time)
        return Reading(
            total: .milliseconds(total), used: .milliseconds(used),
            deadline: end.map { time.deadline(at: $0, since: startedAt) }, warnsAt: warnsAt,
            level: Level(at: moment, end: end, warnsAt: warnsAt), isStopped: isStopped)
    }

    /// The end of the limit; nil while the clock stands, unless it was passed before.
    public func deadline(in time: WorkingTime) -> Deadline? {
        end(in: time).moment.map { time.deadline(at: $0, since: startedAt) }
    }

    /// A deadline that was stored and what the calendar of today makes of it.
    public struct Revision: Hashable, Sendable {
        public let before: Deadline
        public let after: Deadline

        public init(before: Deadline, after: Deadline) {
            self.before = before
            self.after = after
        }

        /// Whether the end moved, so that those concerned are told.
        public var movesEnd: Bool { before.at != after.at }
    }

    /// What a changed calendar makes of the stored deadline; nil when nothing changed or the clock stands.
    public func revision(of stored: Deadline, in time: WorkingTime) -> Revision? {
        guard let after = deadline(in: time), after != stored else { return nil }
        return Revision(before: stored, after: after)
    }
}

extension DeadlineClock {
    /// The end, nil while it cannot be told, and the whole limit in working milliseconds.
    private func end(in time: WorkingTime) -> (moment: Date?, total: Int64) {
        let extra = Int64(self.extension?.hours ?? 0) * WorkingTime.millisecondsPerHour
        switch limit {
        case .workingHours(let hours):
            let total = Int64(hours) * WorkingTime.millisecondsPerHour + extra
            return (walk(total, in: time), total)
        case .workingDays:
            let undisturbed = time.end(from: startedAt, limit: limit)
            let total = time.milliseconds(from: startedAt, to: undisturbed)
            guard let moved = walk(total, in: time) else { return (nil, total) }
            // A limit in days ends at closing time, also after a pause of some hours.
            // One millisecond back, since an office that closes at 24:00 does so on the next day's date.
            let closing = time.closing(of: Day(containing: moved.addingTimeInterval(-0.001)))
            return (closing, total + time.milliseconds(from: moved, to: closing))
        }
    }

    /// The moment by which the clock has run so long; nil when it stands before.
    private func walk(_ milliseconds: Int64, in time: WorkingTime) -> Date? {
        var remaining = milliseconds
        for segment in segments(until: .distantFuture) {
            if segment.to == .distantFuture { return time.advance(segment.from, by: remaining) }
            let length = time.milliseconds(from: segment.from, to: segment.to)
            if length >= remaining { return time.advance(segment.from, by: remaining) }
            remaining -= length
        }
        return nil
    }

    /// The times during which the clock ran.
    private func segments(until moment: Date) -> [(from: Date, to: Date)] {
        pauses.running(since: startedAt).map { ($0.from, min($0.to, moment)) }.filter { $0.from < $0.to }
    }
}
