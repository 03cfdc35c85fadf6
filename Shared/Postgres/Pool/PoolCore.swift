import Logging

/// The shell around the pool's state machine: it carries out the actions.
final class PoolCore: Sendable {
    struct Lease: Sendable {
        let slot: UInt64
        let connection: PostgresConnection
    }

    private typealias Answer = HandOver<Result<Lease, PostgresError>>

    private struct State {
        var machine: PoolStateMachine
        var connections: [UInt64: PostgresConnection] = [:]
        var waiters: [UInt64: Answer] = [:]
        var lastWaiter: UInt64 = 0
        var lastError: PostgresError?
        var hasConnected = false
        /// When the timer that is set will tick.
        var alarm: ContinuousClock.Instant?
        var drained: [UnsafeContinuation<Void, Never>] = []
    }

    /// What to do once the lock is free.
    private enum Deed {
        case start(UInt64, PostgresConnection)
        case close(PostgresConnection)
        case answer(Answer, Result<Lease, PostgresError>)
        case setTimer(ContinuousClock.Instant)
        case resume(UnsafeContinuation<Void, Never>)
    }

    private let state: Guarded<State>
    private let configuration: PostgresConfiguration
    private let parameters: Result<ConnectionParameters, PostgresError>
    private let metrics: PoolMetrics
    private let logger: Logger

    init(_ configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        metrics = PoolMetrics(pool: configuration.applicationName)
        do throws(PostgresError) {
            parameters = .success(try ConnectionParameters(configuration))
        } catch {
            parameters = .failure(error)
        }
        let limits = PoolStateMachine.Limits(
            size: max(1, configuration.size), maximumWaiters: configuration.maximumWaiters,
            idleTimeout: configuration.idleTimeout, maximumLifetime: configuration.maximumLifetime)
        state = Guarded(State(machine: PoolStateMachine(limits: limits)))
    }

    func start() {
        // With parameters that cannot be read there is nothing to connect to, now or later.
        guard case .success = parameters else { return }
        step { machine, now in machine.start(now: now) }
    }

    var health: PoolHealth {
        if case .failure(let error) = parameters {
            return PoolHealth(total: 0, idle: 0, waiting: 0, lastError: error, reachable: false)
        }
        return state.withLock { state in
            let isReachable = state.hasConnected && state.machine.failures == 0 && !state.machine.isClosed
            return PoolHealth(
                total: state.machine.total, idle: state.machine.idleCount, waiting: state.machine.waitingCount,
                lastError: state.machine.failures > 0 ? state.lastError : nil, reachable: isReachable)
        }
    }

    // MARK: Callers

    func acquire() async throws(PostgresError) -> Lease {
        if case .failure(let error) = parameters { throw error }
        if Task.isCancelled { throw .taskCancelled }
        if let lease = takeIdle() { return lease }
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let result = await withTaskCancellationHandler {
            await Answer.value { answer in
                wait(id, answer)
                // A cancellation before the line above found nobody to cancel.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
        return try result.get()
    }

    /// An idle connection that still stands; the pool may not have heard yet that it was lost.
    private func takeIdle() -> Lease? {
        while true {
            let lease = state.withLock { state -> Lease? in
                guard let slot = state.machine.takeIdle(), let connection = state.connections[slot] else { return nil }
                return Lease(slot: slot, connection: connection)
            }
            guard let lease else { return nil }
            if lease.connection.isOpen { return lease }
            step { machine, now in machine.release(slot: lease.slot, isReusable: false, now: now) }
        }
    }

    private func wait(_ id: UInt64, _ answer: Answer) {
        let deadline = ContinuousClock.now + configuration.acquireTimeout
        step(before: { $0.waiters[id] = answer }) { machine, now in
            machine.acquire(waiter: id, deadline: deadline, now: now)
        }
    }

    private func cancel(_ id: UInt64) {
        let answer = state.withLock { state -> Answer? in
            state.machine.cancel(waiter: id) ? state.waiters.removeValue(forKey: id) : nil
        }
        answer?.give(.failure(.taskCancelled))
    }

    /// Takes a connection back, cleaned up if its user left a transaction open.
    func release(_ lease: Lease) async {
        let mailbox = lease.connection.mailbox
        var isReusable = mailbox.ended == nil && !mailbox.isRetired
        if isReusable && mailbox.block != .none {
            _ = try? await lease.connection.performToEnd { wire throws(PostgresError) in
                try wire.control(["ROLLBACK"], isCommit: false, bound: .cleanup)
            }
            isReusable = mailbox.ended == nil && mailbox.block == .none
        }
        let isClean = isReusable
        step { machine, now in machine.release(slot: lease.slot, isReusable: isClean, now: now) }
    }

    // MARK: The end

    func close() { step { machine, _ in machine.close() } }

    func drain() async {
        close()
        await withUnsafeContinuation { continuation in
            let isDrained = state.withLock { state in
                if !state.machine.isDrained { state.drained.append(continuation) }
                return state.machine.isDrained
            }
            if isDrained { continuation.resume() }
        }
    }

    // MARK: Actions

    private func step(
        before prepare: (inout State) -> Void = { _ in },
        _ event: (inout PoolStateMachine, ContinuousClock.Instant) -> [PoolStateMachine.Action]
    ) {
        let deeds = state.withLock { state -> [Deed] in
            prepare(&state)
            var deeds = event(&state.machine, ContinuousClock.now).flatMap { translate($0, &state) }
            if let next = state.machine.nextDeadline, state.alarm.map({ next < $0 }) ?? true {
                state.alarm = next
                deeds.append(.setTimer(next))
            }
            if state.machine.isDrained {
                deeds += state.drained.map(Deed.resume)
                state.drained = []
            }
            metrics.record(
                total: state.machine.total, idle: state.machine.idleCount, waiting: state.machine.waitingCount)
            return deeds
        }
        for deed in deeds { carryOut(deed) }
    }

    private func translate(_ action: PoolStateMachine.Action, _ state: inout State) -> [Deed] {
        switch action {
        case .open(let slot):
            guard case .success(let parameters) = parameters else { return [] }
            do throws(PostgresError) {
                let connection = try PostgresConnection(parameters, configuration: configuration, logger: logger)
                state.connections[slot] = connection
                return [.start(slot, connection)]
            } catch {
                state.lastError = error
                return state.machine.openFailed(slot: slot, now: .now, jitter: Double.random(in: 0...1))
                    .flatMap { translate($0, &state) }
            }
        case .close(let slot):
            return state.connections.removeValue(forKey: slot).map { [.close($0)] } ?? []
        case .lease(let slot, let waiter):
            guard let answer = state.waiters.removeValue(forKey: waiter) else { return [] }
            guard let connection = state.connections[slot] else {
                return [.answer(answer, .failure(.lost("the connection is gone")))]
            }
            return [.answer(answer, .success(Lease(slot: slot, connection: connection)))]
        case .refuse(let waiter, let refusal):
            guard let answer = state.waiters.removeValue(forKey: waiter) else { return [] }
            return [.answer(answer, .failure(Self.error(refusal, state.lastError)))]
        }
    }

    private func carryOut(_ deed: Deed) {
        switch deed {
        case .start(let slot, let connection):
            connection.start(
                opened: { [weak self] error in self?.opened(slot, error) },
                lost: { [weak self] error in self?.lost(slot, error) })
        case .close(let connection): connection.close()
        case .answer(let answer, let result):
            if case .failure = result { metrics.refused() }
            answer.give(result)
        case .setTimer(let instant):
            Task { [weak self] in
                try? await Task.sleep(until: instant, clock: .continuous)
                self?.tick(instant)
            }
        case .resume(let continuation): continuation.resume()
        }
    }

    private static func error(_ refusal: PoolStateMachine.Refusal, _ last: PostgresError?) -> PostgresError {
        switch refusal {
        case .closed: PostgresError(.connection, "the pool is closed")
        case .full: PostgresError(.poolTimeout, "too many callers wait for a connection")
        case .deadline(isUnreachable: false): PostgresError(.poolTimeout, "no connection became free in time")
        case .deadline(isUnreachable: true):
            PostgresError(.connection, "the database cannot be reached: \(last?.message ?? "unknown")")
        }
    }

    private func tick(_ alarm: ContinuousClock.Instant) {
        // A later timer may have been overtaken by an earlier one; whichever comes looks at everything.
        step(before: { if $0.alarm == alarm { $0.alarm = nil } }) { machine, now in machine.tick(now: now) }
    }

    // MARK: News of connections, on their threads

    private func opened(_ slot: UInt64, _ error: PostgresError?) {
        if let error {
            metrics.failedToConnect()
            logger.warning("database connection failed", metadata: ["error": "\(error)"])
            step(before: { $0.lastError = error }) { machine, now in
                machine.openFailed(slot: slot, now: now, jitter: Double.random(in: 0...1))
            }
        } else {
            step(before: { $0.hasConnected = true }) { machine, now in machine.opened(slot: slot, now: now) }
        }
    }

    private func lost(_ slot: UInt64, _ error: PostgresError) {
        metrics.lost()
        logger.warning("database connection lost", metadata: ["error": "\(error)"])
        step { machine, now in machine.lost(slot: slot, now: now) }
    }
}
