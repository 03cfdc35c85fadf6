import CRdKafka
import CoreMetrics
import Logging

/// One consumer of librdkafka with the thread that polls it.
///
/// The thread does nothing that waits for a handler, so it polls on however slow handlers are, and the member keeps
/// its place in the group.
final class ConsumerClient: Sendable {
    struct State {
        var commands: [ConsumerCommand] = []
        var streams: [TopicPartition: PartitionStream] = [:]
        /// Offsets to be committed at the next occasion.
        var reports: [TopicPartition: Int64] = [:]
        var paused: Set<TopicPartition> = []
        var isStopping = false
        var isOver = false
        var onEnd: [CheckedContinuation<Void, Never>] = []
    }

    let handle: ClientHandle
    let names: Namespace
    /// As the broker names them.
    let topics: [String]
    let limits: ConsumerLimits
    let logger: Logger
    let notices: ConsumerNotices
    let events: AsyncStream<ConsumerEvent>.Continuation
    let state = Guarded(State())
    private let metrics: ClientMetrics
    private let alarm = Guarded<QueueReference?>(nil)

    /// The consumer's queue, held only to interrupt a poll.
    private struct QueueReference: @unchecked Sendable {
        // Sendable: an address that librdkafka lets any thread use; it is destroyed under the alarm's lock.
        let pointer: OpaquePointer
    }

    init(
        _ configuration: KafkaConfiguration, groupID: String, topics: [String], _ limits: ConsumerLimits,
        gate: ConnectionGate?, _ events: AsyncStream<ConsumerEvent>.Continuation, logger: Logger
    ) throws(KafkaError) {
        var properties = try ClientProperties(configuration)
        properties.applyConsumer(groupID: configuration.names.atBroker(groupID), limits)
        metrics = ClientMetrics(.consumer, clientID: configuration.clientID)
        notices = ConsumerNotices(events)
        let context = CallbackContext(events: notices, logger: logger, metrics: metrics, gate: gate)
        handle = try ClientHandle(RD_KAFKA_CONSUMER, properties, context, clientID: configuration.clientID)
        names = configuration.names
        self.topics = topics.map(configuration.names.atBroker)
        (self.limits, self.events, self.logger) = (limits, events, logger)
    }

    var assignment: [TopicPartition] { state.withLock { $0.streams.keys.sorted() } }

    func countRecords(_ count: Int) {
        metrics.records.increment(by: count)
    }

    // MARK: - From other threads

    func post(_ command: ConsumerCommand) {
        let isOver = state.withLock { state in
            if !state.isOver { state.commands.append(command) }
            return state.isOver
        }
        if isOver { refuse(command) } else { wake() }
    }

    func report(_ partition: TopicPartition, _ nextOffset: Int64) {
        state.withLock { $0.reports[partition] = nextOffset }
    }

    func hurry(_ stream: PartitionStream) {
        post(.hurry(stream))
    }

    func seek(_ stream: PartitionStream, to start: StartOffset) async throws(KafkaError) {
        let refusal = await withCheckedContinuation { post(.seek(stream, start, $0)) }
        if let refusal { throw refusal }
    }

    /// No further batch for any handler.
    func finishStreams() {
        for stream in state.withLock({ Array($0.streams.values) }) { stream.finish() }
    }

    func partitionFailed(_ error: KafkaError) {
        events.yield(.failed(error))
    }

    private func refuse(_ command: ConsumerCommand) {
        if case .seek(_, _, let continuation) = command { continuation.resume(returning: KafkaError(.closed)) }
    }

    private func wake() {
        alarm.withLock { queue in
            if let queue { rd_kafka_queue_yield(queue.pointer) }
        }
    }

    // MARK: - The thread's life

    func start() throws(KafkaError) {
        guard OwnThread.start("kafka-consumer", { self.live() }) else {
            throw KafkaError(.usage, "the system gives no more threads", isRetriable: true)
        }
    }

    /// Leaves the group and ends the client, within the bound for closing.
    func stop() async {
        state.withLock { $0.isStopping = true }
        wake()
        let patience = Task {
            do { try await Task.sleep(for: limits.closing + .seconds(5)) } catch { return }
            logger.error("the consumer does not end; its client is left behind")
            finishWaiting()
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.onEnd.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
        patience.cancel()
    }

    private func finishWaiting() {
        let waiting = state.withLock { state in
            defer { state.onEnd = [] }
            return state.onEnd
        }
        for continuation in waiting { continuation.resume() }
    }

    private func live() {
        handle.ifOpen { client in
            rd_kafka_poll_set_consumer(client)
            if let queue = rd_kafka_queue_get_consumer(client) {
                alarm.withLock { $0 = QueueReference(pointer: queue) }
            }
            subscribe(client)
            poll(client)
            leave(client)
            alarm.withLock { queue in
                if let queue { rd_kafka_queue_destroy(queue.pointer) }
                queue = nil
            }
        }
        handle.destroy()
        let commands = state.withLock { state in
            state.isOver = true
            defer { state.commands = [] }
            return state.commands
        }
        for command in commands { refuse(command) }
        finishWaiting()
    }

    private func subscribe(_ client: OpaquePointer) {
        let code = withPartitionList(topics.map { TopicPartition(topic: $0, partition: -1) }) { list in
            rd_kafka_subscribe(client, list)
        }
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        events.yield(.failed(KafkaError(KafkaError.Code(code), "subscribing to \(topics) failed")))
    }

    private func poll(_ client: OpaquePointer) {
        let clock = ContinuousClock()
        var agenda = PollAgenda(now: clock.now, reporting: limits.reporting)
        while true {
            let (commands, isStopping) = state.withLock { state in
                defer { state.commands = [] }
                return (state.commands, state.isStopping)
            }
            for command in commands { perform(command, client, &agenda, now: clock.now) }
            if isStopping { return }
            for stream in agenda.takeHurried(now: clock.now) { fetchNow(stream, client) }
            if agenda.takeReporting(now: clock.now) { commitReports(client) }
            if let message = rd_kafka_consumer_poll(client, agenda.patience(now: clock.now)) {
                receive(message)
                rd_kafka_message_destroy(message)
            }
        }
    }

    /// Records come through the queues of their partitions; what comes here are errors.
    private func receive(_ message: UnsafePointer<rd_kafka_message_t>) {
        let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        let reason = rd_kafka_message_errstr(message).map { String(cString: $0) }
        let error = KafkaError(KafkaError.Code(message.pointee.err), reason)
        metrics.errors.increment()
        let isReading = state.withLock { state in state.streams.keys.contains { $0.topic == topic } }
        if ConsumerFailure.endsRun(error, isReadingTopic: isReading) {
            events.yield(.failed(error))
        } else {
            logger.warning(
                "consumer error", metadata: [LogKey.error: "\(error)", LogKey.topic: .string(topic)])
        }
    }
}

/// Which errors of the group or of a topic end a consumer, rather than pass by themselves.
enum ConsumerFailure {
    private static let final: Set<KafkaError.Code> = Set(
        [
            RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__UNKNOWN_GROUP,
            RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL,
            RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT,
            RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
            RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
        ].map { KafkaError.Code($0) })

    private static let missingTopic: Set<KafkaError.Code> = [
        .unknownTopicOrPartition, .unknownTopic, .unknownPartition,
    ]

    /// A topic that is not there yet is waited for; one that is taken away while it is read is a loud stop. No error
    /// at all would be a record that bypassed its partition's queue.
    static func endsRun(_ error: KafkaError, isReadingTopic: Bool) -> Bool {
        error.isFatal || final.contains(error.code) || (isReadingTopic && missingTopic.contains(error.code))
    }
}
