import Testing

@testable import Kafka

@Suite("Partitions come and go")
struct RebalancingTests {
    private let a = TopicPartition(topic: "t", partition: 0)
    private let b = TopicPartition(topic: "t", partition: 1)
    private let c = TopicPartition(topic: "t", partition: 2)

    /// Two partitions assigned and being read.
    private func reading() -> Rebalancing {
        var machine = Rebalancing()
        #expect(machine.handle(.assigned([a, b])) == [.resolve([a, b])])
        #expect(
            machine.handle(.resolved([a: .offset(7), b: .beginning])) == [
                .assign([
                    .init(id: 1, partition: a, offset: .offset(7)), .init(id: 2, partition: b, offset: .beginning),
                ])
            ])
        #expect(machine.handle(.started([1, 2])) == [.runHandler(1), .runHandler(2)])
        return machine
    }

    @Test("a partition is given up only when its handler has returned")
    func revocation() {
        var machine = reading()
        #expect(machine.handle(.revoked([b])) == [.finish(2), .arm(1, .finishing)])
        #expect(machine.handle(.handlerEnded(2)) == [.unassign([b])])
        #expect(machine.handle(.deadline(1)) == [])
        #expect(machine.isRunning(1))
    }

    @Test("a handler that takes too long is cancelled, then left behind")
    func overdue() {
        var machine = reading()
        _ = machine.handle(.revoked([a, b]))
        #expect(machine.handle(.handlerEnded(1)) == [])
        #expect(machine.handle(.deadline(1)) == [.cancel(2), .arm(2, .cancelling)])
        #expect(machine.handle(.deadline(2)) == [.abandon([2]), .unassign([a, b])])
        #expect(!machine.isRunning(2))
        #expect(machine.handle(.handlerEnded(2)) == [])
    }

    @Test("changes are answered one after the other")
    func queueing() {
        var machine = reading()
        _ = machine.handle(.revoked([a]))
        #expect(machine.handle(.assigned([c])) == [])
        #expect(machine.handle(.handlerEnded(1)) == [.unassign([a]), .resolve([c])])
        #expect(machine.handle(.revoked([b])) == [])
        #expect(
            machine.handle(.resolved([c: .offset(1)])) == [
                .assign([.init(id: 3, partition: c, offset: .offset(1))])
            ])
        #expect(machine.handle(.started([3])) == [.runHandler(3), .finish(2), .arm(2, .finishing)])
    }

    @Test("an empty assignment and a revocation of nothing are answered too")
    func empty() {
        var machine = Rebalancing()
        #expect(machine.handle(.assigned([])) == [.resolve([])])
        #expect(machine.handle(.resolved([:])) == [.assign([])])
        #expect(machine.handle(.started([])) == [])
        #expect(machine.handle(.revoked([])) == [.unassign([])])
    }

    @Test("a handler that returns while its partition is assigned is an error")
    func earlyReturn() throws {
        var machine = reading()
        let actions = machine.handle(.handlerEnded(1))
        guard case .fail(let error) = try #require(actions.first) else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .handlerReturned)
    }

    @Test("a shutdown waits for the handlers, and does not wait for start offsets")
    func shutdown() {
        var machine = reading()
        #expect(machine.handle(.shutdown) == [.finish(1), .finish(2), .arm(1, .finishing)])
        #expect(machine.handle(.handlerEnded(2)) == [])
        #expect(machine.handle(.handlerEnded(1)) == [.end])

        var resolving = Rebalancing()
        _ = resolving.handle(.assigned([a]))
        #expect(resolving.handle(.shutdown) == [.end])
        #expect(resolving.handle(.resolved([a: .beginning])) == [])
    }
}
