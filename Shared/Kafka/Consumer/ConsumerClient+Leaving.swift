import CRdKafka
import Logging

extension ConsumerClient {
    /// Leaves the group. Closing librdkafka 2.0.2 while an assignment arrives can hang, so: unsubscribe, wait for the
    /// empty assignment, then close, each for a bounded time.
    ///
    /// Where the client cannot be destroyed afterwards it is abandoned.
    func leave(_ client: OpaquePointer) {
        commitReports(client)
        let streams = state.withLock { state in
            defer { state.streams = [:] }
            return Array(state.streams.values)
        }
        for stream in streams { stream.finish() }
        notices.answerAll(client)
        let half = limits.closing / 2
        if !canBeDestroyed(client) { _ = poll(client, within: half, until: { canBeDestroyed(client) }) }
        rd_kafka_unsubscribe(client)
        // Before closing, which cuts the answer off. From here on the group's protocol does not change any more.
        _ = poll(client, within: half, until: { isUnassigned(client) && canBeDestroyed(client) })
        let isDoomed = !canBeDestroyed(client)
        if !isUnassigned(client) { logger.warning("the assignment was not given up in time") }
        for stream in streams { stream.reader.stop() }
        close(client, within: half)
        if isDoomed {
            logger.error("the client is left behind, as it ended between joining its group and being assigned to")
            handle.abandon()
        }
    }

    /// librdkafka 2.0.2 aborts the process when a consumer is destroyed that has joined its group (it knows the group's
    /// protocol) but has never been assigned anything: its assignor has no state then, and asserts that it has.
    private func canBeDestroyed(_ client: OpaquePointer) -> Bool {
        if notices.hasBeenAssigned { return true }
        guard let protocolName = rd_kafka_rebalance_protocol(client) else { return false }
        return String(cString: protocolName) == "NONE"
    }

    private func close(_ client: OpaquePointer, within limit: Duration) {
        guard let queue = rd_kafka_queue_new(client) else { return }
        defer { rd_kafka_queue_destroy(queue) }
        if let refusal = KafkaError(consuming: rd_kafka_consumer_close_queue(client, queue)) {
            logger.warning("closing was refused", metadata: [LogKey.error: "\(refusal)"])
            return
        }
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while rd_kafka_consumer_closed(client) == 0 {
            guard clock.now < deadline else {
                logger.warning("the consumer was not closed in time")
                return
            }
            rd_kafka_queue_poll_callback(queue, 20)
        }
    }

    private func poll(_ client: OpaquePointer, within limit: Duration, until isDone: () -> Bool) -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while !isDone() {
            if clock.now >= deadline { return false }
            if let message = rd_kafka_consumer_poll(client, 20) { rd_kafka_message_destroy(message) }
        }
        return true
    }

    private func isUnassigned(_ client: OpaquePointer) -> Bool {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        guard rd_kafka_assignment(client, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return true }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        return list.pointee.cnt == 0
    }
}
