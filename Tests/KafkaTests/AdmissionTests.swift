import Testing

@testable import Kafka

@Suite("Room in the producer's queue")
struct AdmissionTests {
    private func demand(_ records: Int, _ bytes: Int = 1) -> Admission.Demand {
        Admission.Demand(records: records, bytes: bytes)
    }

    @Test("room is taken until it is full, and given back in the order of asking")
    func order() {
        var admission = Admission(records: 10, bytes: 1_000)
        #expect(admission.enter(demand(10), orWaitAs: 1) == true)
        #expect(admission.enter(demand(6), orWaitAs: 2) == false)
        #expect(admission.enter(demand(6), orWaitAs: 3) == false)
        #expect(admission.release(demand(5)) == [])
        #expect(admission.release(demand(1)) == [2])
        #expect(admission.release(demand(4)) == [])
        #expect(admission.release(demand(6)) == [3])
    }

    @Test("who comes later does not overtake, even when it would fit")
    func noOvertaking() {
        var admission = Admission(records: 10, bytes: 1_000)
        #expect(admission.enter(demand(8)) == true)
        #expect(admission.enter(demand(5), orWaitAs: 1) == false)
        #expect(admission.enter(demand(1)) == false)
        #expect(admission.enter(demand(1), orWaitAs: 2) == false)
        #expect(admission.release(demand(8)) == [1, 2])
    }

    @Test("bytes bound it as well as records")
    func bytes() {
        var admission = Admission(records: 100, bytes: 100)
        #expect(admission.enter(demand(1, 60)) == true)
        #expect(admission.enter(demand(1, 60), orWaitAs: 1) == false)
        #expect(admission.release(demand(1, 60)) == [1])
    }

    @Test("what is larger than the whole bound goes alone instead of waiting for ever")
    func oversize() {
        var admission = Admission(records: 10, bytes: 100)
        #expect(admission.enter(demand(1, 1_000)) == true)
        #expect(admission.enter(demand(1, 1), orWaitAs: 1) == false)
        #expect(admission.release(demand(1, 1_000)) == [1])
    }

    @Test("one that stops waiting lets those behind it go on")
    func withdrawal() {
        var admission = Admission(records: 10, bytes: 1_000)
        #expect(admission.enter(demand(5)) == true)
        #expect(admission.enter(demand(10), orWaitAs: 1) == false)
        #expect(admission.enter(demand(5), orWaitAs: 2) == false)
        #expect(admission.withdraw(1) == [2])
        #expect(admission.withdraw(1) == nil)
        #expect(admission.waiters == 0)
    }
}
