import CRdKafka
import Logging

/// One client of a producer, with the thread that collects its delivery reports.
///
/// It lives until it is closed or has a fatal error; then the producer takes a new one.
final class ProducerClient: Sendable {
    let handle: ClientHandle
    let ledger: DeliveryLedger
    private let logger: Logger
    private let names: Namespace
    private let topics = Guarded<[String: TopicHandle]>([:])
    private let phase = Guarded(Phase())

    private struct Phase {
        var isStopping = false
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// A topic object of librdkafka; it belongs to the client and is freed before the client is.
    struct TopicHandle: @unchecked Sendable {
        // Sendable: an address that librdkafka lets any thread use.
        let pointer: OpaquePointer
    }

    init(
        _ configuration: KafkaConfiguration, _ limits: ProducerLimits, gate: ConnectionGate?, logger: Logger,
        metrics: ClientMetrics
    ) throws(KafkaError) {
        var properties = try ClientProperties(configuration)
        properties.applyProducer(limits)
        self.logger = logger
        names = configuration.names
        ledger = DeliveryLedger(limits, metrics: metrics)
        let context = CallbackContext(events: ledger, logger: logger, metrics: metrics, gate: gate)
        handle = try ClientHandle(RD_KAFKA_PRODUCER, properties, context, clientID: configuration.clientID)
        guard OwnThread.start("kafka-producer", { self.poll() }) else {
            throw KafkaError(.usage, "the system gives no more threads", isRetriable: true)
        }
    }

    // MARK: - The polling thread

    private func poll() {
        handle.ifOpen { client in
            while !phase.withLock({ $0.isStopping }) && ledger.fatal == nil {
                rd_kafka_poll(client, 500)
                ledger.endRound()
            }
            drain(client)
        }
        handle.destroy()
        ledger.settleRest()
        let waiters = phase.withLock { phase in
            phase.isOver = true
            defer { phase.waiters = [] }
            return phase.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Takes back what was not confirmed, so that every record gets its report while the client can still give it.
    private func drain(_ client: OpaquePointer) {
        ledger.refuseWaiting(ledger.fatal ?? KafkaError(.closed), closing: true)
        rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(3)
        while rd_kafka_outq_len(client) > 0 && clock.now < deadline {
            rd_kafka_poll(client, 50)
            ledger.endRound()
        }
        let handles = topics.withLock { topics in
            defer { topics = [:] }
            return topics
        }
        for topic in handles.values {
            rd_kafka_topic_destroy(topic.pointer)
            LiveHandles.remove(.topic, self.handle.clientID)
        }
    }

    /// Ends the client and waits for it.
    func stop() async {
        phase.withLock { $0.isStopping = true }
        handle.ifOpen { client in wake(client) }
        await withCheckedContinuation { continuation in
            let isOver = phase.withLock { phase in
                if !phase.isOver { phase.waiters.append(continuation) }
                return phase.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    private func wake(_ client: OpaquePointer) {
        guard let queue = rd_kafka_queue_get_main(client) else { return }
        rd_kafka_queue_yield(queue)
        rd_kafka_queue_destroy(queue)
    }

    /// Drops what is queued or on its way; each record's report says so.
    func purge() {
        ledger.refuseWaiting(KafkaError(.purgedFromQueue))
        handle.ifOpen { client in
            rd_kafka_purge(
                client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
        }
    }

    // MARK: - Sending

    /// Hands records over, in order. Room for them was admitted before.
    func enqueue(_ records: ArraySlice<KafkaRecord>, of batch: DeliveryBatch) {
        let refused: [(Int, KafkaError.Code, Int)]? = handle.ifOpen { client in
            var encoder = RecordEncoder()
            defer { encoder.free() }
            var topic: (name: String, handle: TopicHandle)?
            var refused: [(Int, KafkaError.Code, Int)] = []
            for index in records.indices {
                let record = records[index]
                let bytes = record.queuedBytes
                if topic?.name != record.topic { topic = self.topic(record.topic, client).map { (record.topic, $0) } }
                batch.slots[index].bytes = Int32(clamping: bytes)
                let code =
                    topic.map { encoder.produce(record, on: client, topic: $0.handle, opaque: batch.slots + index) }
                    ?? .unknownTopicOrPartition
                if let code { refused.append((index, code, bytes)) }
            }
            return refused
        }
        settle(refused ?? records.indices.map { ($0, .closed, records[$0].queuedBytes) }, of: batch)
    }

    /// Records that librdkafka refused at once get no report, and were not written.
    private func settle(_ refused: [(index: Int, code: KafkaError.Code, bytes: Int)], of batch: DeliveryBatch) {
        for (index, code, bytes) in refused {
            if batch.settle(batch.slots + index, .refused, code: code.rawValue) { ledger.close(batch) }
            ledger.release(Admission.Demand(records: 1, bytes: bytes))
        }
        if refused.contains(where: { $0.code == .fatal }) { noteFatal() }
    }

    /// The error callback tells too, but a sender must not come back to the same client before.
    private func noteFatal() {
        if let error = handle.ifOpen({ client in fatalError(of: client) }) ?? nil { ledger.failed(error) }
    }

    private func topic(_ name: String, _ client: OpaquePointer) -> TopicHandle? {
        topics.withLock { topics in
            if let known = topics[name] { return known }
            guard let pointer = rd_kafka_topic_new(client, names.atBroker(name), nil) else { return nil }
            LiveHandles.add(.topic, handle.clientID)
            topics[name] = TopicHandle(pointer: pointer)
            return topics[name]
        }
    }
}
