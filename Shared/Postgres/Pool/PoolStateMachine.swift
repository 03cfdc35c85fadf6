/// What a pool of connections does next; no socket, no clock and no chance in it.
///
/// Each event returns the actions that the shell has to carry out. Connections are slots with a number; the shell knows
/// which connection is in a slot.
struct PoolStateMachine {
    typealias Instant = ContinuousClock.Instant

    struct Limits {
        var size: Int
        var maximumWaiters: Int
        var idleTimeout: Duration
        var maximumLifetime: Duration?
        /// The wait after the first failure to connect; it doubles up to the maximum.
        var backoff: Duration = .milliseconds(100)
        var maximumBackoff: Duration = .seconds(5)
    }

    enum Refusal: Equatable {
        case closed
        /// Too many wait already.
        case full
        /// The deadline passed; `isUnreachable` tells that connecting fails.
        case deadline(isUnreachable: Bool)
    }

    enum Action: Equatable {
        case open(slot: UInt64)
        case close(slot: UInt64)
        case lease(slot: UInt64, to: UInt64)
        case refuse(waiter: UInt64, Refusal)
    }

    private enum Phase { case opening, idle(since: Instant), leased }

    private struct Slot {
        var phase: Phase
        var bornAt: Instant
    }

    private struct Waiter {
        let id: UInt64
        let deadline: Instant
    }

    private let limits: Limits
    private var slots: [UInt64: Slot] = [:]
    /// The idle slots, the most recently used last: the others grow old and can be reaped.
    private var idle: [UInt64] = []
    private var waiters: [Waiter] = []
    private var lastSlot: UInt64 = 0
    private var openingCount = 0
    /// Failures to connect since the last success.
    private(set) var failures = 0
    private var notBefore: Instant?
    private(set) var isClosed = false

    init(limits: Limits) { self.limits = limits }

    var total: Int { slots.count - openingCount }
    var idleCount: Int { idle.count }
    var waitingCount: Int { waiters.count }
    var isDrained: Bool { isClosed && slots.isEmpty }

    // MARK: Callers

    /// Takes an idle connection, if there is one and nobody waits before.
    mutating func takeIdle() -> UInt64? {
        guard !isClosed, waiters.isEmpty, let slot = idle.popLast() else { return nil }
        slots[slot]?.phase = .leased
        return slot
    }

    mutating func acquire(waiter: UInt64, deadline: Instant, now: Instant) -> [Action] {
        if isClosed { return [.refuse(waiter: waiter, .closed)] }
        if let slot = takeIdle() { return [.lease(slot: slot, to: waiter)] }
        if waiters.count >= limits.maximumWaiters { return [.refuse(waiter: waiter, .full)] }
        waiters.append(Waiter(id: waiter, deadline: deadline))
        return openWhatIsNeeded(now)
    }

    /// Forgets a waiter; false when it does not wait (any more).
    mutating func cancel(waiter: UInt64) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.id == waiter }) else { return false }
        waiters.remove(at: index)
        return true
    }

    mutating func release(slot: UInt64, isReusable: Bool, now: Instant) -> [Action] {
        guard let found = slots[slot], case .leased = found.phase else { return [] }
        if isClosed || !isReusable || isTooOld(found, now) {
            slots[slot] = nil
            return [.close(slot: slot)] + openWhatIsNeeded(now)
        }
        return offer(slot, now)
    }

    // MARK: Connections

    /// Opens the first connection, so that the health is known before the first caller.
    mutating func start(now: Instant) -> [Action] { slots.isEmpty ? [open(now)] : [] }

    mutating func opened(slot: UInt64, now: Instant) -> [Action] {
        guard let found = slots[slot], case .opening = found.phase else { return [] }
        openingCount -= 1
        failures = 0
        notBefore = nil
        if isClosed {
            slots[slot] = nil
            return [.close(slot: slot)]
        }
        slots[slot]?.bornAt = now
        // After an outage only one was tried; the other waiters need theirs now.
        return offer(slot, now) + openWhatIsNeeded(now)
    }

    /// Notes a failure to connect; `jitter` between 0 and 1 spreads the next attempts.
    mutating func openFailed(slot: UInt64, now: Instant, jitter: Double) -> [Action] {
        guard let found = slots[slot], case .opening = found.phase else { return [] }
        slots[slot] = nil
        openingCount -= 1
        failures += 1
        let doubled = limits.backoff * (1 << min(failures - 1, 16))
        notBefore = now + min(doubled, limits.maximumBackoff) * (0.5 + jitter / 2)
        return [.close(slot: slot)]
    }

    /// Notes that an idle connection was lost; of a leased one its caller learns first.
    mutating func lost(slot: UInt64, now: Instant) -> [Action] {
        guard let index = idle.firstIndex(of: slot) else { return [] }
        idle.remove(at: index)
        slots[slot] = nil
        // Whether the server is still there is worth knowing before somebody needs it.
        let probe = slots.isEmpty && !isClosed && waiters.isEmpty ? [open(now)] : openWhatIsNeeded(now)
        return [.close(slot: slot)] + probe
    }

    // MARK: Time

    mutating func tick(now: Instant) -> [Action] {
        var actions: [Action] = []
        waiters.removeAll { waiter in
            guard waiter.deadline <= now else { return false }
            actions.append(.refuse(waiter: waiter.id, .deadline(isUnreachable: failures > 0)))
            return true
        }
        // One stays, so that the next caller and the health need not wait for a connection.
        while idle.count > 1, let oldest = idle.first, isExpired(oldest, now) {
            idle.removeFirst()
            slots[oldest] = nil
            actions.append(.close(slot: oldest))
        }
        return actions + openWhatIsNeeded(now)
    }

    /// When `tick` has something to do.
    var nextDeadline: Instant? {
        var next = waiters.map(\.deadline).min()
        func consider(_ instant: Instant?) {
            guard let instant else { return }
            next = next.map { min($0, instant) } ?? instant
        }
        if idle.count > 1, let oldest = idle.first, case .idle(let since) = slots[oldest]?.phase {
            consider(since + limits.idleTimeout)
        }
        if wanted > 0, slots.count < limits.size { consider(notBefore) }
        return next
    }

    mutating func close() -> [Action] {
        guard !isClosed else { return [] }
        isClosed = true
        let actions =
            waiters.map { Action.refuse(waiter: $0.id, .closed) } + idle.map { Action.close(slot: $0) }
        for slot in idle { slots[slot] = nil }
        waiters = []
        idle = []
        return actions
    }

    // MARK: Parts

    /// Gives a free connection to whoever waits longest, or keeps it.
    private mutating func offer(_ slot: UInt64, _ now: Instant) -> [Action] {
        if waiters.isEmpty {
            slots[slot]?.phase = .idle(since: now)
            idle.append(slot)
            return []
        }
        slots[slot]?.phase = .leased
        return [.lease(slot: slot, to: waiters.removeFirst().id)]
    }

    /// How many connections should be opening now beside those that are.
    private var wanted: Int {
        if isClosed { return 0 }
        // While connecting fails one attempt at a time is enough, and it goes on without callers.
        if failures > 0 { return openingCount == 0 ? 1 : 0 }
        return waiters.count - openingCount
    }

    private mutating func openWhatIsNeeded(_ now: Instant) -> [Action] {
        var actions: [Action] = []
        while wanted > 0, slots.count < limits.size, notBefore.map({ $0 <= now }) ?? true {
            actions.append(open(now))
        }
        return actions
    }

    private mutating func open(_ now: Instant) -> Action {
        lastSlot += 1
        slots[lastSlot] = Slot(phase: .opening, bornAt: now)
        openingCount += 1
        return .open(slot: lastSlot)
    }

    private func isTooOld(_ slot: Slot, _ now: Instant) -> Bool {
        limits.maximumLifetime.map { slot.bornAt + $0 <= now } ?? false
    }

    private func isExpired(_ id: UInt64, _ now: Instant) -> Bool {
        guard let slot = slots[id], case .idle(let since) = slot.phase else { return false }
        return since + limits.idleTimeout <= now || isTooOld(slot, now)
    }
}
