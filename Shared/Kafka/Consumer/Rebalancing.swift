/// What has to happen when partitions come and go: one change after the other, each answered to librdkafka exactly once.
///
/// Pure: events in, actions out. Time, threads and librdkafka are in the shell (`ConsumerDriver`).
struct Rebalancing {
    typealias ID = UInt64

    enum Event {
        case assigned([TopicPartition])
        case revoked([TopicPartition])
        /// Everything is to be given up in good order, and then the consumer ends.
        case shutdown
        case resolved([TopicPartition: StartOffset])
        /// The streams of an assignment exist and may be read.
        case started([ID])
        /// A handler returned without an error.
        case handlerEnded(ID)
        case deadline(Int)
    }

    enum Action: Equatable {
        case resolve([TopicPartition])
        case assign([Start])
        case runHandler(ID)
        case finish(ID)
        case cancel(ID)
        case unassign([TopicPartition])
        /// Send `.deadline` with this number after the time for finishing, or for having been cancelled.
        case arm(Int, Grace)
        /// Handlers that did not come back and are left behind.
        case abandon([ID])
        case fail(KafkaError)
        case end
    }

    enum Grace: Equatable {
        case finishing, cancelling
    }

    struct Start: Equatable {
        var id: ID
        var partition: TopicPartition
        var offset: StartOffset
    }

    private enum Change {
        case assign([TopicPartition])
        case revoke([TopicPartition])
        case shutdown
    }

    private struct Draining {
        var change: Change
        var waiting: Set<ID>
        var round: Int
        var isCancelled = false
    }

    private enum Step {
        case idle
        case resolving([TopicPartition])
        case assigning
        case draining(Draining)
    }

    private var step = Step.idle
    private var changes: [Change] = []
    private var running: [ID: TopicPartition] = [:]
    private var lastID: ID = 0
    private var round = 0

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .assigned(let partitions): return enqueue(.assign(partitions))
        case .revoked(let partitions): return enqueue(.revoke(partitions))
        case .shutdown: return enqueue(.shutdown)
        case .resolved(let offsets): return resolved(offsets)
        case .started(let ids): return started(ids)
        case .handlerEnded(let id): return handlerEnded(id)
        case .deadline(let round): return deadline(round)
        }
    }

    /// Whether this handler still counts; one that was left behind does not.
    func isRunning(_ id: ID) -> Bool { running[id] != nil }

    private mutating func enqueue(_ change: Change) -> [Action] {
        if case .shutdown = change {
            // What else is to come no longer matters, and start offsets may be long in coming.
            changes = []
            if case .resolving = step { step = .idle }
        }
        changes.append(change)
        return next()
    }

    private mutating func next() -> [Action] {
        guard case .idle = step, !changes.isEmpty else { return [] }
        let change = changes.removeFirst()
        switch change {
        case .assign(let partitions):
            step = .resolving(partitions)
            return [.resolve(partitions)]
        case .revoke(let partitions):
            let leaving = Set(partitions)
            return drain(change, running.filter { leaving.contains($0.value) }.map(\.key))
        case .shutdown:
            return drain(change, Array(running.keys))
        }
    }

    private mutating func drain(_ change: Change, _ ids: [ID]) -> [Action] {
        round += 1
        let draining = Draining(change: change, waiting: Set(ids), round: round)
        step = .draining(draining)
        guard !ids.isEmpty else { return drained(draining) }
        return ids.sorted().map { .finish($0) } + [.arm(round, .finishing)]
    }

    private mutating func drained(_ draining: Draining) -> [Action] {
        step = .idle
        for id in draining.waiting { running[id] = nil }
        switch draining.change {
        case .shutdown: return [.end]
        case .revoke(let partitions): return [.unassign(partitions)] + next()
        case .assign: return next()
        }
    }

    private mutating func resolved(_ offsets: [TopicPartition: StartOffset]) -> [Action] {
        guard case .resolving(let partitions) = step else { return [] }
        step = .assigning
        var starts: [Start] = []
        for partition in partitions {
            lastID += 1
            starts.append(Start(id: lastID, partition: partition, offset: offsets[partition] ?? .beginning))
            running[lastID] = partition
        }
        return [.assign(starts)]
    }

    private mutating func started(_ ids: [ID]) -> [Action] {
        guard case .assigning = step else { return [] }
        step = .idle
        return ids.map { .runHandler($0) } + next()
    }

    private mutating func handlerEnded(_ id: ID) -> [Action] {
        guard let partition = running.removeValue(forKey: id) else { return [] }
        if case .draining(var draining) = step, draining.waiting.remove(id) != nil {
            step = .draining(draining)
            return draining.waiting.isEmpty ? drained(draining) : []
        }
        return [.fail(KafkaError(.handlerReturned, "\(partition): nobody reads it any more"))]
    }

    private mutating func deadline(_ number: Int) -> [Action] {
        guard case .draining(var draining) = step, draining.round == number else { return [] }
        let overdue = draining.waiting.sorted()
        if draining.isCancelled { return [.abandon(overdue)] + drained(draining) }
        round += 1
        draining.isCancelled = true
        draining.round = round
        step = .draining(draining)
        return overdue.map { .cancel($0) } + [.arm(round, .cancelling)]
    }
}
