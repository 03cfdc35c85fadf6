import Contracts
import Foundation
import Synchronization

/// Counts what is parked within a minute: a bad release must not park the country.
struct ParkingLimit: Sendable {
    private let rules: ConsumerRules
    private let window: TimeInterval = 60
    private var pieces: [(at: Date, parked: Int, handled: Int)] = []

    init(_ rules: ConsumerRules) { self.rules = rules }

    /// Whether messages of which some are about to be parked may be.
    /// - Throws: ``MessagingError/parkingLimit(keys:share:)``.
    mutating func check(parked: Int, handled: Int, at now: Date) throws(MessagingError) {
        pieces.removeAll { now.timeIntervalSince($0.at) > window }
        let keys = parked + pieces.reduce(0) { $0 + $1.parked }
        let messages = handled + pieces.reduce(0) { $0 + $1.handled }
        let share = messages == 0 ? 0 : Double(keys) / Double(messages)
        let isTooMuch =
            keys > rules.parkingMaximumKeys || (keys >= rules.parkingMinimumKeys && share > rules.parkingShare)
        guard parked == 0 || !isTooMuch else { throw .parkingLimit(keys: keys, share: share) }
    }

    /// Counts messages whose transaction has committed.
    mutating func note(parked: Int, handled: Int, at now: Date) { pieces.append((now, parked, handled)) }
}

/// The limit of one consumer, shared by its partitions.
final class ParkingGuard: Sendable {
    private let limit: Mutex<ParkingLimit>
    private let time: any TimeSource

    init(_ rules: ConsumerRules, time: any TimeSource) {
        limit = Mutex(ParkingLimit(rules))
        self.time = time
    }

    func check(parked: Int, handled: Int) throws(MessagingError) {
        let now = time.now
        try limit.withLock { limit throws(MessagingError) in
            try limit.check(parked: parked, handled: handled, at: now)
        }
    }

    /// Whether one more message may be parked now; counted at once, if so.
    func admitsOne() -> Bool {
        let now = time.now
        return limit.withLock { limit in
            guard (try? limit.check(parked: 1, handled: 1, at: now)) != nil else { return false }
            limit.note(parked: 1, handled: 1, at: now)
            return true
        }
    }

    func note(parked: Int, handled: Int) {
        let now = time.now
        limit.withLock { $0.note(parked: parked, handled: handled, at: now) }
    }
}
