import Foundation
import Testing

@testable import Messaging

@Suite("Parking limit")
struct ParkingLimitTests {
    private let start = Date(timeIntervalSince1970: 1_790_000_000)

    private func limit(share: Double = 0.05, minimum: Int = 20, maximum: Int = 1_000) -> ParkingLimit {
        var rules = ConsumerRules()
        rules.parkingShare = share
        rules.parkingMinimumKeys = minimum
        rules.parkingMaximumKeys = maximum
        return ParkingLimit(rules)
    }

    @Test("a few bad messages may always be parked")
    func few() throws {
        var limit = limit()
        for _ in 0..<19 { try limit.admit(parked: 1, handled: 1, at: start) }
    }

    @Test("more than the share of a minute's messages is refused, and counts for nothing")
    func share() throws {
        var limit = limit()
        try limit.admit(parked: 0, handled: 380, at: start)
        try limit.admit(parked: 19, handled: 19, at: start + 10)
        #expect(throws: MessagingError.self) { try limit.admit(parked: 2, handled: 2, at: start + 20) }
        try limit.admit(parked: 0, handled: 500, at: start + 21)
        try limit.admit(parked: 2, handled: 2, at: start + 22)
    }

    @Test("more than the greatest number of keys is refused whatever the share")
    func maximum() throws {
        var limit = limit(maximum: 100)
        try limit.admit(parked: 0, handled: 1_000_000, at: start)
        try limit.admit(parked: 100, handled: 100, at: start + 1)
        #expect(throws: MessagingError.self) { try limit.admit(parked: 1, handled: 1, at: start + 2) }
    }

    @Test("what was rolled back does not count")
    func rolledBack() throws {
        var limit = limit(maximum: 100)
        try limit.admit(parked: 0, handled: 1_000_000, at: start)
        for _ in 0..<3 { try limit.check(parked: 60, handled: 60, at: start + 1) }
        limit.note(parked: 60, handled: 60, at: start + 1)
        #expect(throws: MessagingError.self) { try limit.check(parked: 60, handled: 60, at: start + 2) }
    }

    @Test("what is older than a minute no longer counts")
    func window() throws {
        var limit = limit(maximum: 100)
        try limit.admit(parked: 0, handled: 1_000_000, at: start)
        try limit.admit(parked: 100, handled: 100, at: start)
        try limit.admit(parked: 0, handled: 1_000_000, at: start + 30)
        try limit.admit(parked: 100, handled: 100, at: start + 61)
    }
}

extension ParkingLimit {
    /// Checks a batch and counts it as committed.
    fileprivate mutating func admit(parked: Int, handled: Int, at now: Date) throws {
        try check(parked: parked, handled: handled, at: now)
        note(parked: parked, handled: handled, at: now)
    }
}
