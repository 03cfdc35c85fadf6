import Contracts
import Kafka
import Logging
import Postgres
import Synchronization

/// Reads the topics of one consumer and gives each batch to the ``BatchProcessor`` until it is committed.
struct ConsumerRunner: Sendable {
    let processor: BatchProcessor
    let kafka: KafkaConfiguration
    let groupID: String
    let cluster: ClusterWatch
    let status: ConsumerStatus
    let logger: Logger

    var definition: ConsumerDefinition { processor.definition }
    private var store: ConsumerStore { ConsumerStore(consumer: definition.name) }

    /// Reads for ever; ends on cancellation, or for good when going on would do harm: a hole in the log, or too much to
    /// park.
    func run() async {
        var backoff = Backoff()
        while !Task.isCancelled {
            backoff.begin()
            do {
                try await readOneCluster()
            } catch let error as MessagingError where error.stopsConsumer {
                return stop(because: "\(error)")
            } catch let error as KafkaError where error.tellsOfHole {
                // After a broker was lost with everything in it, the watch finds another cluster; otherwise records are
                // gone that were perhaps never read, and nothing may jump over that: a topic made anew under the same name
                // would be read from where the old one was left.
                guard await hasClusterChanged() else { return stop(because: "\(error)") }
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("consumer interrupted", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    private func stop(because reason: String) {
        status.stopped(because: reason)
        processor.metrics.isStopped(true)
        logger.critical("consumer stopped until it is restarted", metadata: ["reason": "\(reason)"])
    }

    /// Gives the watch time to look at the broker after an offset that is not there.
    private func hasClusterChanged() async -> Bool {
        guard let before = status.clusterID else { return true }
        for _ in 0..<20 {
            if let now = cluster.lastKnown, now != before { return true }
            try? await Task.sleep(for: .milliseconds(250))
        }
        return false
    }

    /// Reads until the cluster behind the address is another one; then a new client starts at the new positions.
    private func readOneCluster() async throws {
        let clusterID = try await cluster.current()
        status.started(in: clusterID)
        let pool = processor.pool
        let store = self.store
        let consumer = try KafkaConsumer(
            kafka, groupID: groupID, topics: definition.topics.map(\.name), gate: cluster.gate(to: clusterID),
            startOffset: { place in
                try await store.position(place, clusterID: clusterID, in: pool).map { .offset($0) } ?? .beginning
            }, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await consumer.run { try await self.read($0, clusterID: clusterID) } }
            group.addTask { try await self.cluster.becomesOther(than: clusterID) }
            defer { group.cancelAll() }
            try await group.next()
        }
        if !Task.isCancelled { logger.notice("reading again from the positions in another cluster") }
    }

    private func read(_ stream: PartitionStream, clusterID: String) async throws {
        for try await batch in stream {
            guard try await commit(batch, from: stream, clusterID: clusterID) else { continue }
            stream.report(batch.nextOffset)
        }
    }

    /// Commits a batch, however long the database is away; `false` when it was not this reader's to commit.
    private func commit(_ batch: PartitionBatch, from stream: PartitionStream, clusterID: String) async throws -> Bool {
        var backoff = Backoff()
        while true {
            do {
                try await processor.apply(batch, clusterID: clusterID)
                status.works()
                return true
            } catch MessagingError.stalePosition(let expected, let found) {
                // Either part of this batch is committed already, or somebody else reads the partition now.
                logger.info("going on from the stored position", metadata: ["found": "\(found)"])
                try await stream.seek(to: expected.map { .offset($0) } ?? .beginning)
                return false
            } catch let error as MessagingError {
                throw error
            } catch {
                try Task.checkCancellation()
                if error is CancellationError { throw error }
                status.waits(because: "\(error)")
                logger.warning("batch put off", metadata: ["error": "\(error)", "topic": "\(batch.topic)"])
                try await Task.sleep(for: backoff.next())
            }
        }
    }
}

extension KafkaError {
    /// The topic was taken away while it was read, or does not have the offset to go on from.
    fileprivate var tellsOfHole: Bool {
        [.offsetOutOfRange, .unknownTopicOrPartition, .unknownTopic, .unknownPartition].contains(code)
    }
}

extension MessagingError {
    fileprivate var stopsConsumer: Bool { if case .parkingLimit = self { true } else { false } }
}

/// What a consumer says of itself.
final class ConsumerStatus: Sendable {
    enum State: Equatable, Sendable {
        case starting, running
        /// The surroundings are away; it goes on by itself.
        case waiting(String)
        /// It goes on only after a restart.
        case stopped(String)
    }

    private let value = Mutex((state: State.starting, clusterID: String?.none))

    var state: State { value.withLock { $0.state } }
    var clusterID: String? { value.withLock { $0.clusterID } }

    func started(in clusterID: String) { value.withLock { $0 = (.running, clusterID) } }
    func works() { value.withLock { $0.state = .running } }
    func waits(because reason: String) { value.withLock { $0.state = .waiting(reason) } }
    func stopped(because reason: String) { value.withLock { $0.state = .stopped(reason) } }
}
