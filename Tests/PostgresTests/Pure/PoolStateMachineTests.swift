import Testing

@testable import Postgres

@Suite("State machine of the pool")
struct PoolStateMachineTests {
    private let start = ContinuousClock.now

    private func machine(
        size: Int = 2, waiters: Int = 100, lifetime: Duration? = nil
    ) -> PoolStateMachine {
        PoolStateMachine(
            limits: PoolStateMachine.Limits(
                size: size, maximumWaiters: waiters, idleTimeout: .seconds(60), maximumLifetime: lifetime))
    }

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    /// Opens as many connections as wanted and leaves them idle.
    private func withIdle(_ count: Int, in machine: inout PoolStateMachine, at time: Double = 0) {
        for waiter in 0..<UInt64(count) {
            for case .open(let slot) in machine.acquire(waiter: 1000 + waiter, deadline: at(1e6), now: at(time)) {
                _ = machine.opened(slot: slot, now: at(time))
            }
        }
        for slot in 1...UInt64(count) { _ = machine.release(slot: slot, isReusable: true, now: at(time)) }
    }

    @Test("the first caller has a connection opened and gets it")
    func opens() {
        var machine = machine()
        #expect(machine.acquire(waiter: 1, deadline: at(5), now: at(0)) == [.open(slot: 1)])
        #expect(machine.opened(slot: 1, now: at(1)) == [.lease(slot: 1, to: 1)])
        #expect(machine.total == 1)
        #expect(machine.idleCount == 0)
        #expect(machine.release(slot: 1, isReusable: true, now: at(2)) == [])
        #expect(machine.acquire(waiter: 2, deadline: at(5), now: at(3)) == [.lease(slot: 1, to: 2)])
    }

    @Test("no more connections are opened than the size")
    func limit() {
        var machine = machine(size: 2)
        #expect(machine.acquire(waiter: 1, deadline: at(5), now: at(0)) == [.open(slot: 1)])
        #expect(machine.acquire(waiter: 2, deadline: at(5), now: at(0)) == [.open(slot: 2)])
        #expect(machine.acquire(waiter: 3, deadline: at(5), now: at(0)) == [])
        #expect(machine.waitingCount == 3)
    }

    @Test("who waits longest gets the next connection")
    func order() {
        var machine = machine(size: 1)
        _ = machine.acquire(waiter: 1, deadline: at(5), now: at(0))
        _ = machine.acquire(waiter: 2, deadline: at(5), now: at(0))
        _ = machine.acquire(waiter: 3, deadline: at(5), now: at(0))
        #expect(machine.opened(slot: 1, now: at(0)) == [.lease(slot: 1, to: 1)])
        #expect(machine.takeIdle() == nil)
        #expect(machine.release(slot: 1, isReusable: true, now: at(1)) == [.lease(slot: 1, to: 2)])
        #expect(machine.release(slot: 1, isReusable: true, now: at(1)) == [.lease(slot: 1, to: 3)])
    }

    @Test("a waiter is refused at its deadline and told whether the server is away")
    func deadlines() {
        var machine = machine(size: 1)
        _ = machine.acquire(waiter: 1, deadline: at(5), now: at(0))
        _ = machine.opened(slot: 1, now: at(0))
        _ = machine.acquire(waiter: 2, deadline: at(5), now: at(0))
        _ = machine.acquire(waiter: 3, deadline: at(6), now: at(1))
        #expect(machine.nextDeadline == at(5))
        #expect(machine.tick(now: at(4.9)) == [])
        #expect(machine.tick(now: at(5)) == [.refuse(waiter: 2, .deadline(isUnreachable: false))])
        #expect(machine.nextDeadline == at(6))
    }

    @Test("a cancelled waiter is passed over")
    func cancelled() {
        var machine = machine(size: 1)
        _ = machine.acquire(waiter: 1, deadline: at(5), now: at(0))
        _ = machine.acquire(waiter: 2, deadline: at(5), now: at(0))
        #expect(machine.cancel(waiter: 1) == true)
        #expect(machine.cancel(waiter: 1) == false)
        #expect(machine.opened(slot: 1, now: at(0)) == [.lease(slot: 1, to: 2)])
    }

    @Test("beyond the bound nobody may wait")
    func full() {
        var machine = machine(size: 1, waiters: 1)
        _ = machine.acquire(waiter: 1, deadline: at(5), now: at(0))
        #expect(machine.acquire(waiter: 2, deadline: at(5), now: at(0)) == [.refuse(waiter: 2, .full)])
    }

    @Test("attempts to connect grow further apart, one at a time, and start again after a success")
    func backoff() {
        var machine = machine(size: 4)
        _ = machine.acquire(waiter: 1, deadline: at(100), now: at(0))
        _ = machine.acquire(waiter: 2, deadline: at(100), now: at(0))
        #expect(machine.openFailed(slot: 1, now: at(0), jitter: 1) == [.close(slot: 1)])
        #expect(machine.openFailed(slot: 2, now: at(0), jitter: 1) == [.close(slot: 2)])
        #expect(machine.nextDeadline == at(0.2))
        #expect(machine.tick(now: at(0.19)) == [])
        #expect(machine.tick(now: at(0.2)) == [.open(slot: 3)])
        #expect(machine.acquire(waiter: 3, deadline: at(100), now: at(0.2)) == [])
        _ = machine.openFailed(slot: 3, now: at(1), jitter: 0.25)
        #expect(machine.nextDeadline == at(1.25))
        #expect(machine.tick(now: at(1.25)) == [.open(slot: 4)])
        // The server is back: everyone who waits gets a connection of his own at once.
        #expect(
            machine.opened(slot: 4, now: at(2)) == [.lease(slot: 4, to: 1), .open(slot: 5), .open(slot: 6)])
        #expect(machine.failures == 0)
    }

    @Test("the pause has an upper end")
    func longestPause() {
        var machine = machine(size: 1)
        _ = machine.acquire(waiter: 1, deadline: at(1e6), now: at(0))
        var slot: UInt64 = 1
        for attempt in 1...40 {
            _ = machine.openFailed(slot: slot, now: at(Double(attempt) * 100), jitter: 1)
            guard case .open(let next)? = machine.tick(now: at(Double(attempt) * 100 + 5)).first else {
                Issue.record("no attempt after five seconds")
                return
            }
            slot = next
        }
    }

    @Test("without callers the pool goes on trying, so that its health tells the truth")
    func probes() {
        var machine = machine()
        #expect(machine.start(now: at(0)) == [.open(slot: 1)])
        _ = machine.openFailed(slot: 1, now: at(0), jitter: 1)
        #expect(machine.nextDeadline == at(0.1))
        #expect(machine.tick(now: at(0.1)) == [.open(slot: 2)])
        #expect(machine.opened(slot: 2, now: at(0.2)) == [])
        #expect(machine.idleCount == 1)
    }

    @Test("it goes on trying also where an older connection stands and nobody waits any more")
    func probesBeside() {
        var machine = machine(size: 2)
        withIdle(1, in: &machine)
        #expect(machine.takeIdle() == 1)
        #expect(machine.acquire(waiter: 9, deadline: at(5), now: at(0)) == [.open(slot: 2)])
        _ = machine.openFailed(slot: 2, now: at(0), jitter: 1)
        #expect(machine.release(slot: 1, isReusable: true, now: at(0.05)) == [.lease(slot: 1, to: 9)])
        #expect(machine.release(slot: 1, isReusable: true, now: at(0.06)) == [])
        #expect(machine.nextDeadline == at(0.1))
        #expect(machine.tick(now: at(0.1)) == [.open(slot: 3)])
        _ = machine.opened(slot: 3, now: at(0.2))
        #expect(machine.failures == 0)
    }

    @Test("an idle connection that is lost is replaced when it was the last")
    func lostIdle() {
        var machine = machine(size: 3)
        withIdle(2, in: &machine)
        #expect(machine.lost(slot: 2, now: at(1)) == [.close(slot: 2)])
        #expect(machine.lost(slot: 1, now: at(1)) == [.close(slot: 1), .open(slot: 3)])
        #expect(machine.total == 0)
    }

    @Test("a leased connection that is lost leaves with its release, and the next caller gets a new one")
    func lostLeased() {
        var machine = machine(size: 1)
        _ = machine.acquire(waiter: 1, deadline: at(5), now: at(0))
        _ = machine.opened(slot: 1, now: at(0))
        #expect(machine.lost(slot: 1, now: at(0)) == [])
        _ = machine.acquire(waiter: 2, deadline: at(5), now: at(0))
        #expect(machine.release(slot: 1, isReusable: false, now: at(1)) == [.close(slot: 1), .open(slot: 2)])
    }

    @Test("unused connections go, the last one stays")
    func reaps() {
        var machine = machine(size: 3)
        withIdle(3, in: &machine)
        #expect(machine.takeIdle() == 3)
        _ = machine.release(slot: 3, isReusable: true, now: at(50))
        #expect(machine.nextDeadline == at(60))
        #expect(machine.tick(now: at(60)) == [.close(slot: 1), .close(slot: 2)])
        #expect(machine.tick(now: at(1000)) == [])
        #expect(machine.total == 1)
        #expect(machine.nextDeadline == nil)
    }

    @Test("the most recently used connection is used again")
    func mostRecent() {
        var machine = machine(size: 3)
        withIdle(3, in: &machine)
        #expect(machine.takeIdle() == 3)
        _ = machine.release(slot: 3, isReusable: true, now: at(1))
        #expect(machine.takeIdle() == 3)
        #expect(machine.takeIdle() == 2)
    }

    @Test("an old connection is closed when it comes back")
    func lifetime() {
        var machine = machine(size: 1, lifetime: .seconds(100))
        _ = machine.acquire(waiter: 1, deadline: at(5), now: at(0))
        _ = machine.opened(slot: 1, now: at(0))
        #expect(machine.release(slot: 1, isReusable: true, now: at(99)) == [])
        #expect(machine.takeIdle() == 1)
        #expect(machine.release(slot: 1, isReusable: true, now: at(100)) == [.close(slot: 1)])
    }

    @Test("closing refuses who waits and drains who works")
    func closing() {
        var machine = machine(size: 2)
        withIdle(2, in: &machine)
        #expect(machine.takeIdle() == 2)
        #expect(machine.close() == [.close(slot: 1)])
        #expect(!machine.isDrained)
        #expect(machine.acquire(waiter: 9, deadline: at(5), now: at(0)) == [.refuse(waiter: 9, .closed)])
        #expect(machine.release(slot: 2, isReusable: true, now: at(0)) == [.close(slot: 2)])
        #expect(machine.isDrained)
        #expect(machine.close() == [])
    }

    @Test("a connection that arrives after closing is closed")
    func lateConnection() {
        var machine = machine(size: 2)
        _ = machine.acquire(waiter: 1, deadline: at(5), now: at(0))
        #expect(machine.close() == [.refuse(waiter: 1, .closed)])
        #expect(!machine.isDrained)
        #expect(machine.opened(slot: 1, now: at(1)) == [.close(slot: 1)])
        #expect(machine.isDrained)
    }

    @Test("at random no rule is ever broken", arguments: 0..<20)
    func random(seed: Int) {
        var random = Generator(state: UInt64(seed) &+ 1)
        var machine = machine(size: 3, waiters: 5)
        var opening: Set<UInt64> = []
        var leased: [UInt64] = []
        var waiting: Set<UInt64> = []
        var standing: Set<UInt64> = []
        var time = 0.0
        func apply(_ actions: [PoolStateMachine.Action]) {
            for action in actions {
                switch action {
                case .open(let slot):
                    let isNew = opening.insert(slot).inserted
                    #expect(isNew)
                case .close(let slot):
                    #expect(!leased.contains(slot))
                    opening.remove(slot)
                    standing.remove(slot)
                case .lease(let slot, let waiter):
                    #expect(waiting.remove(waiter) != nil)
                    #expect(standing.contains(slot) && !leased.contains(slot))
                    leased.append(slot)
                case .refuse(let waiter, _): waiting.remove(waiter)
                }
            }
        }
        for step in 0..<2000 {
            time += Double(random.next() % 1000) / 100
            switch random.next() % 8 {
            case 0, 1, 2:
                waiting.insert(UInt64(step))
                apply(machine.acquire(waiter: UInt64(step), deadline: at(time + 20), now: at(time)))
            case 3, 4:
                guard let slot = leased.popLast() else { break }
                apply(machine.release(slot: slot, isReusable: random.next() % 5 > 0, now: at(time)))
            case 5:
                guard let slot = opening.randomElement(using: &random) else { break }
                opening.remove(slot)
                if random.next() % 3 == 0 {
                    apply(machine.openFailed(slot: slot, now: at(time), jitter: 0.5))
                } else {
                    standing.insert(slot)
                    apply(machine.opened(slot: slot, now: at(time)))
                }
            case 6:
                guard let slot = standing.subtracting(leased).randomElement(using: &random) else { break }
                apply(machine.lost(slot: slot, now: at(time)))
            default: apply(machine.tick(now: at(time)))
            }
            #expect(standing.count + opening.count <= 3)
            #expect(machine.waitingCount == waiting.count)
            #expect(machine.idleCount == standing.count - leased.count)
        }
    }
}

/// A small generator, so that a failing seed can be run again.
private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
