import Contracts
import Foundation
import Synchronization

/// Counts what is parked within a minute: a bad release must not park the country.
struct ParkingLimit: Sendable {
    private let rules: ConsumerRules
    private let window: TimeInterval = 60
    private var pieces: [(number: Int, at: Date, parked: Int, handled: Int)] = []
    private var lastNumber = 0

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

    /// Counts messages; the answer is what ``forget(_:)`` takes.
    @discardableResult
    mutating func note(parked: Int, handled: Int, at now: Date) -> Int {
        lastNumber += 1
        pieces.append((lastNumber, now, parked, handled))
        return lastNumber
    }

    /// Takes back what was counted and then not committed.
    mutating func forget(_ number: Int) { pieces.removeAll { $0.number == number } }
}

/// The limit of one consumer, shared by its partitions.
final class ParkingGuard: Sendable {
    private let limit: Mutex<ParkingLimit>
    private let time: any TimeSource

    init(_ rules: ConsumerRules, time: any TimeSource) {
        limit = Mutex(ParkingLimit(rules))
        self.time = time
    }

    /// Counts messages of which some are about to be parked; partitions that park at the same moment see each other.
    /// - Returns: what ``forget(_:)`` takes when they are not committed.
    /// - Throws: ``MessagingError/parkingLimit(keys:share:)``; nothing is counted then.
    func admit(parked: Int, handled: Int) throws(MessagingError) -> Int {
        let now = time.now
        return try limit.withLock { limit throws(MessagingError) in
            try limit.check(parked: parked, handled: handled, at: now)
            return limit.note(parked: parked, handled: handled, at: now)
        }
    }

    func forget(_ number: Int) { limit.withLock { $0.forget(number) } }

    /// Whether one more message may be parked now; counted at once, if so.
    func admitsOne() -> Bool { (try? admit(parked: 1, handled: 1)) != nil }
}
