import Contracts
import Kafka
import Logging
import Metrics
import Postgres

/// One term of leadership: from the won lock to the lost connection, the changed cluster or the end of the service.
struct RelayTerm {
    let relay: Relay
    let reader: OutboxReader
    let session: PostgresConnection
    let producer: KafkaProducer
    let clusterID: String

    /// Sends page after page; returns when the cluster behind the address has become another one.
    func serve() async throws {
        var position = try await startPosition()
        var blocked = try await BlockedKeys.load(session, shard: relay.shard)
        let clock = ContinuousClock()
        var lookedForRetries = clock.now
        var upcoming = try await reader.page(from: position, limit: relay.limits.page)
        while try await relay.cluster.current() == clusterID {
            try Task.checkCancellation()
            if clock.now - lookedForRetries > relay.limits.operatorPoll {
                try await sendRetries(of: &blocked)
                try await sendLateState(position)
                lookedForRetries = clock.now
            }
            let page = upcoming
            let next = position.advanced(
                pastSequence: page.rows.last?.sequence, isFull: page.isFull, snapshot: page.snapshot)
            // While a full page is on its way the one after it is read; after another one is sent, the next is read
            // together with the writing of the position.
            async let following = pageBehind(page, from: next)
            // An empty page moves the position in memory only: idle relays write nothing.
            var afterSending: OutboxPage?
            if !page.rows.isEmpty {
                do {
                    try await send(page.rows, blocked: &blocked)
                    if page.isFull {
                        try await reader.write(next, clusterID: clusterID)
                    } else {
                        afterSending = try await reader.page(
                            from: next, limit: relay.limits.page, writingFor: clusterID)
                    }
                } catch { throw PageInterrupted(page.rows, error) }
            }
            position = next
            relay.status.sent(page.rows.count)
            if let read = try await following ?? afterSending {
                upcoming = read
            } else {
                await relay.committed.wait(atMost: relay.limits.poll)
                upcoming = try await reader.page(from: position, limit: relay.limits.page)
            }
        }
        relay.logger.notice("the broker is another cluster now; the retained outbox is sent again")
    }

    /// What follows a full page; nil where nothing more was waiting, or where it has to be asked for alone.
    private func pageBehind(_ page: OutboxPage, from position: RelayPosition) async throws -> OutboxPage? {
        page.isFull ? try await reader.pageAside(from: position, limit: relay.limits.page) : nil
    }

    private func startPosition() async throws -> RelayPosition {
        guard let stored = try await reader.position(clusterID: clusterID) else {
            relay.logger.notice(
                "unknown Kafka cluster: sending the retained outbox", metadata: ["cluster": "\(clusterID)"])
            return .start
        }
        return stored
    }

    /// Sends rows in order, of each key one at a time: were one refused, those behind it must not be in the log before it.
    ///
    /// A row that the broker refuses for good blocks its key: it and what follows it for the same key are kept aside for
    /// an operator, everything else goes on.
    private func send(_ rows: [OutboxRow], blocked: inout BlockedKeys) async throws {
        var rest = rows
        while !rest.isEmpty {
            let (held, free) = blocked.split(rest)
            try await blocked.hold(held, session: session, shard: relay.shard)
            var keys: Set<BlockedKeys.Key> = []
            var first: [OutboxRow] = []
            rest = []
            for row in free {
                if keys.insert(row.blockingKey).inserted { first.append(row) } else { rest.append(row) }
            }
            try await sendOneOfEachKey(first, blocked: &blocked)
        }
    }

    private func sendOneOfEachKey(_ rows: [OutboxRow], blocked: inout BlockedKeys) async throws {
        for (row, result) in zip(rows, try await deliver(rows.map(\.record))) {
            guard case .failure(let error) = result else { continue }
            guard error.isRefusal else { throw error }
            relay.logger.critical(
                "the broker refuses an event; its key is blocked until an operator retries it",
                metadata: ["topic": "\(row.topic)", "key": "\(row.key)", "code": "\(error.code.name)"])
            relay.status.blocked()
            try await blocked.block(row, reason: error.code.name, session: session, shard: relay.shard)
        }
    }

    /// Waits for every delivery, touching the connection meanwhile: the lead must not end because the broker is slow,
    /// and must end when the connection does.
    private func deliver(_ records: [KafkaRecord]) async throws -> [Result<KafkaDelivery, KafkaError>] {
        guard !records.isEmpty else { return [] }
        return try await withThrowingTaskGroup(of: [Result<KafkaDelivery, KafkaError>]?.self) { group in
            group.addTask { await producer.send(batch: records) }
            group.addTask {
                while !Task.isCancelled {
                    do { try await Task.sleep(for: relay.limits.keepAlive) } catch { return nil }
                    try await touch()
                }
                return nil
            }
            do {
                while let finished = try await group.next() {
                    guard let finished else { continue }
                    group.cancelAll()
                    return finished
                }
            } catch {
                producer.purge()
                throw error
            }
            throw CancellationError()
        }
    }

    private func touch() async throws {
        try await session.execute("SELECT 1")
        guard try await relay.cluster.current() == clusterID else {
            throw MessagingError.unexpected("the broker became another cluster while events were on their way")
        }
    }

    /// Between two windows everything sent is known, so that the newest of it can be told.
    private func sendLateState(_ position: RelayPosition) async throws {
        guard position.reading == nil else { return }
        let late = LateState(session: session, shard: relay.shard)
        let owed = try await late.owed(sentBefore: position.done, by: reader, limit: relay.limits.page)
        guard !owed.isEmpty else { return }
        do {
            for result in try await deliver(owed.map(\.row.record)) { _ = try result.get() }
            try await late.settled(owed)
        } catch { throw PageInterrupted(owed.map(\.row), error) }
        relay.logger.notice("state that may have been written late was said again", metadata: ["keys": "\(owed.count)"])
    }

    private func sendRetries(of blocked: inout BlockedKeys) async throws {
        for key in try await BlockedKeys.retriesRequested(session, shard: relay.shard) {
            let rows = try await reader.rows(sequences: key.sequences)
            do {
                for row in rows {
                    let result = try await deliver([row.record])
                    guard case .success? = result.first else { break }
                    try await BlockedKeys.release(row, session: session)
                }
            } catch { throw PageInterrupted(rows, error) }
            try await BlockedKeys.answerRetry(of: key, session: session, shard: relay.shard)
        }
        blocked = try await BlockedKeys.load(session, shard: relay.shard)
    }
}

extension KafkaError {
    /// The broker will never take this record as it is, whatever happens around it: too large, an impossible topic,
    /// a time too far ahead, against a policy, or invalid. A topic that is missing may still be created and a permission still be given; those
    /// stop the relay, which goes on by itself.
    var isRefusal: Bool {
        !isFatal
            && [
                .messageTooLarge, .batchTooLarge, .invalidTopic, .invalidTimestamp, .policyViolation, .invalidRecord,
            ].contains(code)
    }
}
