import Logging

/// Runs the handlers of a consumer, and carries out what `Rebalancing` decides.
struct ConsumerDriver {
    private let client: ConsumerClient
    private let events: AsyncStream<ConsumerEvent>
    private let startOffset: KafkaConsumer.StartOffsets
    private let handle: KafkaConsumer.Handler
    private let logger: Logger

    init(
        _ client: ConsumerClient, _ events: AsyncStream<ConsumerEvent>,
        startOffset: @escaping KafkaConsumer.StartOffsets, handle: @escaping KafkaConsumer.Handler, logger: Logger
    ) {
        self.client = client
        self.events = events
        self.startOffset = startOffset
        self.handle = handle
        self.logger = logger
    }

    private struct Progress {
        var rebalancing = Rebalancing()
        var streams: [UInt64: PartitionStream] = [:]
        var failure: (any Error)?
        var isOver = false
    }

    /// - Returns: what made it stop, nil when it was asked to. All handlers have returned then.
    func run() async -> (any Error)? {
        var progress = Progress()
        await withDiscardingTaskGroup { group in
            // Ends by itself when the task is cancelled.
            for await event in events {
                // What came before the cancellation may be its effect: handlers that returned because of it.
                if Task.isCancelled { break }
                receive(event, &progress, &group)
                if progress.isOver { break }
            }
            for stream in progress.streams.values { stream.finish() }
            group.cancelAll()
        }
        return progress.failure
    }

    private func receive(_ event: ConsumerEvent, _ progress: inout Progress, _ group: inout DiscardingTaskGroup) {
        switch event {
        case .assigned(let partitions):
            logger.info("partitions assigned", metadata: [LogKey.partitions: "\(partitions)"])
            perform(progress.rebalancing.handle(.assigned(partitions)), &progress, &group)
        case .revoked(let partitions, let isLost):
            logger.log(
                level: isLost ? .warning : .info, "partitions \(isLost ? "lost" : "revoked")",
                metadata: [LogKey.partitions: "\(partitions)"])
            perform(progress.rebalancing.handle(.revoked(partitions)), &progress, &group)
        case .resolved(.success(let offsets)):
            perform(progress.rebalancing.handle(.resolved(offsets)), &progress, &group)
        case .started(let streams):
            for stream in streams { progress.streams[stream.id] = stream }
            perform(progress.rebalancing.handle(.started(streams.map(\.id))), &progress, &group)
        case .handlerEnded(let id, let error):
            handlerEnded(id, error, &progress, &group)
        case .deadline(let round):
            perform(progress.rebalancing.handle(.deadline(round)), &progress, &group)
        case .shutdown:
            perform(progress.rebalancing.handle(.shutdown), &progress, &group)
        case .failed(let error), .resolved(.failure(let error)):
            fail(error, &progress)
        }
    }

    private func handlerEnded(
        _ id: UInt64, _ error: (any Error)?, _ progress: inout Progress, _ group: inout DiscardingTaskGroup
    ) {
        let stream = progress.streams.removeValue(forKey: id)
        guard progress.rebalancing.isRunning(id) else { return }
        // A handler whose partition is being taken away may well answer its cancellation with an error.
        if let error, !(error is CancellationError && stream?.isFinished == true) {
            fail(error, &progress)
        } else {
            perform(progress.rebalancing.handle(.handlerEnded(id)), &progress, &group)
        }
    }

    private func fail(_ error: any Error, _ progress: inout Progress) {
        if progress.failure == nil { progress.failure = error }
        progress.isOver = true
    }

    private func perform(
        _ actions: [Rebalancing.Action], _ progress: inout Progress, _ group: inout DiscardingTaskGroup
    ) {
        for action in actions {
            switch action {
            case .resolve(let partitions): resolve(partitions, &group)
            case .assign(let starts): client.post(.assign(starts))
            case .runHandler(let id):
                if let stream = progress.streams[id] { runHandler(stream, &group) }
            case .finish(let id): progress.streams[id]?.finish()
            case .cancel(let id): progress.streams[id]?.requestCancellation()
            case .unassign(let partitions): client.post(.unassign(partitions))
            case .arm(let round, let grace): arm(round, grace, &group)
            case .abandon(let ids): abandon(ids, &progress)
            case .fail(let error): fail(error, &progress)
            case .end: progress.isOver = true
            }
        }
    }

    private func arm(_ round: Int, _ grace: Rebalancing.Grace, _ group: inout DiscardingTaskGroup) {
        let (events, time) = (
            client.events, grace == .finishing ? client.limits.revocation : client.limits.cancellation
        )
        group.addTask {
            do { try await Task.sleep(for: time) } catch { return }
            events.yield(.deadline(round))
        }
    }

    private func abandon(_ ids: [UInt64], _ progress: inout Progress) {
        for id in ids {
            guard let stream = progress.streams.removeValue(forKey: id) else { continue }
            logger.error(
                "a handler did not end in time, its partition is given up without it",
                metadata: [LogKey.partition: "\(stream.topicPartition)"])
        }
    }

    /// Runs the handler so that it alone can be cancelled.
    private func runHandler(_ stream: PartitionStream, _ group: inout DiscardingTaskGroup) {
        let (events, handle) = (client.events, handle)
        group.addTask {
            let error = await withTaskGroup(of: HandlerOutcome.self) { pair in
                pair.addTask {
                    do {
                        try await handle(stream)
                        return .ended(nil)
                    } catch {
                        return .ended(error)
                    }
                }
                pair.addTask {
                    await stream.cancellationRequested()
                    return .cancellationRequested
                }
                defer { pair.cancelAll() }
                for await outcome in pair {
                    if case .ended(let error) = outcome { return error }
                    pair.cancelAll()
                }
                return nil
            }
            events.yield(.handlerEnded(stream.id, error))
        }
    }
}

private enum HandlerOutcome {
    case ended((any Error)?)
    case cancellationRequested
}

// MARK: - Start offsets

extension ConsumerDriver {
    /// Asks for the start offsets, a few at a time.
    private func resolve(_ partitions: [TopicPartition], _ group: inout DiscardingTaskGroup) {
        let (events, limit, startOffset) = (client.events, client.limits.assignment, startOffset)
        group.addTask {
            do {
                let offsets = try await Self.offsets(of: partitions, within: limit, startOffset)
                events.yield(.resolved(.success(offsets)))
            } catch {
                events.yield(.resolved(.failure(error)))
            }
        }
    }

    private static func offsets(
        of partitions: [TopicPartition], within limit: Duration, _ startOffset: @escaping KafkaConsumer.StartOffsets
    ) async throws -> [TopicPartition: StartOffset] {
        try await withThrowingTaskGroup(of: (TopicPartition, StartOffset)?.self) { group in
            group.addTask {
                try await Task.sleep(for: limit)
                throw KafkaError(.timedOut, "the start offsets were not found in time")
            }
            var waiting = partitions[...]
            func ask(_ group: inout ThrowingTaskGroup<(TopicPartition, StartOffset)?, any Error>) {
                guard let partition = waiting.popFirst() else { return }
                group.addTask { (partition, try await startOffset(partition)) }
            }
            for _ in 0..<8 { ask(&group) }
            var offsets: [TopicPartition: StartOffset] = [:]
            while offsets.count < Set(partitions).count, let answer = try await group.next() {
                if let (partition, offset) = answer { offsets[partition] = offset }
                ask(&group)
            }
            group.cancelAll()
            return offsets
        }
    }
}
