import Testing

@testable import Messaging

@Suite("Relay position")
struct RelayPositionTests {
    @Test("reads PostgreSQL's text form", arguments: ["10:20:11,15", "7:7:", "100:101:100"])
    func roundTrip(text: String) throws {
        #expect(try #require(TransactionSnapshot(text)).description == text)
    }

    @Test("refuses what is no snapshot", arguments: ["", "1:2", "a:b:", "1:2:x", "1:2:3:4"])
    func refuses(text: String) { #expect(TransactionSnapshot(text) == nil) }

    @Test("sees what had ended, not what was in progress or came later")
    func visibility() throws {
        let snapshot = try #require(TransactionSnapshot("10:20:11,15"))
        #expect([9, 10, 12, 19].allSatisfy(snapshot.sees))
        #expect([11, 15, 20, 21].allSatisfy { !snapshot.sees($0) })
    }

    @Test("a page that is not full ends the window at its own snapshot")
    func shortPage() throws {
        let now = try #require(TransactionSnapshot("30:40:33"))
        let next = RelayPosition.start.advanced(pastSequence: 17, isFull: false, snapshot: now)
        #expect(next == RelayPosition(done: now, reading: nil, afterSequence: 0))
    }

    @Test("a full page keeps the first snapshot as the bound of the window until a page is not full")
    func fullPages() throws {
        let first = try #require(TransactionSnapshot("30:40:33"))
        let later = try #require(TransactionSnapshot("50:60:"))
        let one = RelayPosition.start.advanced(pastSequence: 100, isFull: true, snapshot: first)
        #expect(one == RelayPosition(done: .nothing, reading: first, afterSequence: 100))
        let two = one.advanced(pastSequence: 200, isFull: true, snapshot: later)
        #expect(two == RelayPosition(done: .nothing, reading: first, afterSequence: 200))
        let three = two.advanced(pastSequence: nil, isFull: false, snapshot: later)
        #expect(three == RelayPosition(done: first, reading: nil, afterSequence: 0))
    }
}
