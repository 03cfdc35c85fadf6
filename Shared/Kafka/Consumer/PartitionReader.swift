import CRdKafka

/// Takes records out of one partition's queue.
///
/// The queue is bounded by librdkafka, which stops fetching a partition whose queue is full. So a slow reader needs
/// neither a buffer here nor a pause there.
final class PartitionReader: Sendable {
    enum Outcome {
        case records([ConsumedRecord])
        /// Nothing there. `wasFull`: fetching had stopped because the queue had been full, and starts again only when
        /// librdkafka next looks, up to a second later.
        case empty(wasFull: Bool)
        case failed(KafkaError)
        case closed
    }

    private struct State {
        var queue: Queue?
        /// Came after records of the same look; told at the next one.
        var failure: KafkaError?
        var drainedRecords = 0
        var drainedBytes = 0
    }

    /// A partition's queue, which is ours until it is destroyed.
    private struct Queue: @unchecked Sendable {
        // Sendable: an address, used only inside the state's lock.
        let pointer: OpaquePointer
    }

    /// As the broker names it.
    let place: TopicPartition
    private let topic: String
    let wakeup = Wakeup()
    private let limits: ConsumerLimits
    private let clientID: String
    private let state: Guarded<State>

    /// Detaches the partition's queue from the consumer's, which has to happen before the partition is assigned.
    ///
    /// - Parameter topic: how the records name their topic.
    init?(
        _ place: TopicPartition, _ limits: ConsumerLimits, topic: String, client: OpaquePointer, clientID: String
    ) {
        guard let queue = rd_kafka_queue_get_partition(client, place.topic, place.partition) else { return nil }
        rd_kafka_queue_forward(queue, nil)
        self.place = place
        self.topic = topic
        self.limits = limits
        self.clientID = clientID
        state = Guarded(State(queue: Queue(pointer: queue)))
        LiveHandles.add(.queue, clientID)
        wakeup.watch(queue)
    }

    /// Takes what is there, up to one batch; never waits.
    ///
    /// - Parameter floor: records before it are dropped. While partitions move, librdkafka pauses and may hand out
    ///   once more what was just being taken.
    func read(from floor: Int64?) -> Outcome {
        wakeup.lower()
        return state.withLock { state in
            guard let queue = state.queue?.pointer else { return .closed }
            if let failure = state.failure {
                state.failure = nil
                return .failed(failure)
            }
            var (records, bytes, isDry): ([ConsumedRecord], Int, Bool) = ([], 0, false)
            while records.count < limits.batchRecords && bytes < limits.batchBytes && state.failure == nil {
                guard let message = rd_kafka_consume_queue(queue, 0) else {
                    isDry = true
                    break
                }
                defer { rd_kafka_message_destroy(message) }
                if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR {
                    state.failure = KafkaError(reading: place, message)
                } else {
                    let size = message.pointee.len + message.pointee.key_len
                    state.drainedRecords += 1
                    state.drainedBytes += size
                    if let floor, message.pointee.offset < floor { continue }
                    bytes += size
                    records.append(ConsumedRecord(copying: message, topic: topic))
                }
            }
            return outcome(records, isDry: isDry, &state)
        }
    }

    private func outcome(_ records: [ConsumedRecord], isDry: Bool, _ state: inout State) -> Outcome {
        if !records.isEmpty { return .records(records) }
        if let failure = state.failure {
            state.failure = nil
            return .failed(failure)
        }
        guard isDry else { return .records([]) }
        let wasFull = state.drainedRecords >= limits.prefetchRecords || state.drainedBytes >= limits.prefetchBytes / 2
        (state.drainedRecords, state.drainedBytes) = (0, 0)
        return .empty(wasFull: wasFull)
    }

    /// No record is taken from here on, not even by a handler that runs on.
    func stop() {
        state.withLock { state in
            guard let queue = state.queue?.pointer else { return }
            state.queue = nil
            wakeup.unwatch(queue)
            // What is left is outdated once the partition is unassigned; looking for more frees it.
            if let message = rd_kafka_consume_queue(queue, 0) { rd_kafka_message_destroy(message) }
            rd_kafka_queue_destroy(queue)
            LiveHandles.remove(.queue, clientID)
        }
        wakeup.end()
    }
}

extension KafkaError {
    /// An error that stands in a partition's queue in place of a record.
    fileprivate init(reading partition: TopicPartition, _ message: UnsafePointer<rd_kafka_message_t>) {
        let code = Code(message.pointee.err)
        let reason = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? code.explanation
        let isReset = message.pointee.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET
        self.init(isReset ? .offsetOutOfRange : code, "\(partition): \(reason)", isRetriable: isReset ? false : nil)
    }
}
