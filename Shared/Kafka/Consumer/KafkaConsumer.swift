public import Logging

/// A member of a consumer group, which reads each partition it is given in a task of its own.
///
/// Rebalancing is cooperative. Positions are the caller's: on assignment reading starts where `startOffset` says, and
/// what is reported to Kafka only informs. An offset that the broker does not have is a loud error, never a jump.
public final class KafkaConsumer: Sendable {
    public typealias Handler = @Sendable (PartitionStream) async throws -> Void
    public typealias StartOffsets = @Sendable (TopicPartition) async throws -> StartOffset

    let client: ConsumerClient
    private let startOffset: StartOffsets
    private let events: AsyncStream<ConsumerEvent>
    private let logger: Logger
    private let hasRun = Guarded(false)

    /// Makes the client; it joins the group when it runs.
    ///
    /// - Parameter gate: asked before each connection.
    /// - Throws: `.configuration` when a property is unknown, refused or would break a guarantee.
    public init(
        _ configuration: KafkaConfiguration, groupID: String, topics: [String], limits: ConsumerLimits = .default,
        gate: ConnectionGate? = nil, startOffset: @escaping StartOffsets, logger: Logger
    ) throws(KafkaError) {
        let names = configuration.names
        guard !topics.isEmpty, !topics.contains("") else { throw KafkaError(.configuration, "no topic to read") }
        let logger = logger.with(LogKey.client, configuration.clientID).with(LogKey.group, groupID)
        let (stream, continuation) = AsyncStream.makeStream(of: ConsumerEvent.self)
        client = try ConsumerClient(
            configuration, groupID: groupID, topics: topics, limits, gate: gate, continuation, logger: logger)
        events = stream
        self.logger = logger
        self.startOffset = { try await startOffset(names.here($0)) }
    }

    /// Reads until cancelled, shut down or failed; then leaves the group and ends the client.
    ///
    /// Each assigned partition is handed to a child task. When a partition is revoked its stream ends, and the
    /// partition is given up when the handler has returned, at the latest when the limits say so (the handler's task
    /// is cancelled before). It returns normally after a cancellation or a shutdown.
    ///
    /// - Throws: the first error of a handler, of `startOffset`, or of Kafka (`.offsetOutOfRange`, a topic that was
    ///   deleted, a refused authorization); `.handlerReturned` when a handler gave up an assigned partition.
    public func run(_ handle: @escaping Handler) async throws {
        let isFirst = hasRun.withLock { hasRun in
            defer { hasRun = true }
            return !hasRun
        }
        guard isFirst else { throw KafkaError(.usage, "a consumer runs once") }
        try client.start()
        let driver = ConsumerDriver(client, events, startOffset: startOffset, handle: handle, logger: logger)
        let failure = await driver.run()
        await client.stop()
        if let failure { throw failure }
    }

    /// Ends `run` in good order: no further batches, handlers finish the one they have.
    public func shutdown() {
        client.events.yield(.shutdown)
        // At once, as the event waits for its turn, and a handler could take another batch meanwhile.
        client.finishStreams()
    }

    /// The partitions that are read now.
    public var assignment: [TopicPartition] { client.assignment.map(client.names.here) }

    /// Stops fetching these partitions; what was read ahead is dropped and fetched again later.
    public func pause(_ partitions: [TopicPartition]) {
        client.post(.pause(partitions.map(client.names.atBroker)))
    }

    /// Goes on with partitions that were paused.
    public func resume(_ partitions: [TopicPartition]) {
        client.post(.resume(partitions.map(client.names.atBroker)))
    }

    /// The id of the cluster that answers now.
    public func clusterID(timeout: Duration = .seconds(5)) async throws(KafkaError) -> String {
        try await client.handle.clusterID(timeout: timeout)
    }
}
