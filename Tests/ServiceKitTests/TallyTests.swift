import Testing

@testable import ServiceKit

@Suite("Tally")
struct TallyTests {
    @Test("one of many tells of all, until there are no more")
    func tally() {
        let tally = Tally()
        #expect(tally.count())
        #expect(!tally.count())
        #expect(tally.take() == 2)
        #expect(!tally.count())
        #expect(tally.take() == 1)
        #expect(tally.take() == nil)
        #expect(tally.count())
        #expect(tally.take() == 1)
    }
}
