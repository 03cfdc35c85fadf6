import Contracts
import Foundation
import Testing

@testable import Messaging

@Suite("Computed ids")
struct ComputedIDTests {
    private let cause = SequentialIDSource(seed: 7).next(at: Date(timeIntervalSince1970: 1_790_000_000))

    @Test("the same cause, consumer and ordinal give the same id")
    func stable() {
        let first = ComputedEventIDs(cause: cause, consumer: "dues.members")
        let again = ComputedEventIDs(cause: cause, consumer: "dues.members")
        #expect([first.next(), first.next()] == [again.next(), again.next()])
    }

    @Test("another ordinal, consumer or cause gives another id")
    func distinct() {
        let other = SequentialIDSource(seed: 8).next(at: Date(timeIntervalSince1970: 1_790_000_000))
        let ids = [
            UUIDv7.computed(from: cause, consumer: "a", ordinal: 0), .computed(from: cause, consumer: "a", ordinal: 1),
            .computed(from: cause, consumer: "b", ordinal: 0), .computed(from: other, consumer: "a", ordinal: 0),
        ]
        #expect(Set(ids).count == 4)
    }

    @Test("it bears the time of its cause, so that it meets the same inbox partition")
    func time() { #expect(UUIDv7.computed(from: cause, consumer: "a", ordinal: 3).time == cause.time) }
}
