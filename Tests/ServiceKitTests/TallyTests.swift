import Testing

@testable import ServiceKit

@Suite("Tally")
struct TallyTests {
    @Test("the first is told at once, the others together, at most once a second")
    func tally() {
        let tally = Tally()
        let start = ContinuousClock.now
        #expect(tally.count(at: start) == 1)
        #expect(tally.count(at: start + .milliseconds(10)) == nil)
        #expect(tally.count(at: start + .milliseconds(999)) == nil)
        #expect(tally.count(at: start + .milliseconds(1_000)) == 3)
        #expect(tally.count(at: start + .milliseconds(1_001)) == nil)
    }
}
