import Contracts
import Foundation
import Synchronization

/// Counts what is parked within a minute: a bad release must not park the country.
struct ParkingLimit: Sendable {
    private let rules: ConsumerRules
    private let window: TimeInterval = 60
    private var pieces: [(at: Date, parked: Int, handled: Int)] = []

    init(_ rules: ConsumerRules) { self.rules = rules }

    /// Admits messages of which some are about to be parked.
    /// - Throws: ``MessagingError/parkingLimit(keys:share:)`` when they may not be; they then count for nothing.
    mutating func admit(parked: Int, handled: Int, at now: Date) throws(MessagingError) {
        pieces.removeAll { now.timeIntervalSince($0.at) > window }
        let keys = parked + pieces.reduce(0) { $0 + $1.parked }
        let messages = handled + pieces.reduce(0) { $0 + $1.handled }
        let share = messages == 0 ? 0 : Double(keys) / Double(messages)
        let isTooMuch =
            keys > rules.parkingMaximumKeys || (keys >= rules.parkingMinimumKeys && share > rules.parkingShare)
        guard parked == 0 || !isTooMuch else { throw .parkingLimit(keys: keys, share: share) }
        pieces.append((now, parked, handled))
    }
}

/// The limit of one consumer, shared by its partitions.
final class ParkingGuard: Sendable {
    private let limit: Mutex<ParkingLimit>
    private let time: any TimeSource

    init(_ rules: ConsumerRules, time: any TimeSource) {
        limit = Mutex(ParkingLimit(rules))
        self.time = time
    }

    func admit(parked: Int, handled: Int) throws {
        let now = time.now
        try limit.withLock { try $0.admit(parked: parked, handled: handled, at: now) }
    }
}
