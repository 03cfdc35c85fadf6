import CRdKafka

extension KafkaAdmin {
    /// The oldest offset that the broker has, and the one that the next record will get.
    public func watermarks(
        _ partition: TopicPartition, timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> (low: Int64, high: Int64) {
        try await call { client throws(KafkaError) in
            var (low, high) = (Int64(0), Int64(0))
            let code = rd_kafka_query_watermark_offsets(
                client, partition.topic, partition.partition, &low, &high, timeout.milliseconds)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(answering: code, "the watermarks of \(partition)")
            }
            return (low, high)
        }
    }

    /// The offsets that the next records will get, asked for all partitions at once.
    ///
    /// A partition that nobody leads now is missing from the answer.
    public func endOffsets(
        of partitions: [TopicPartition], timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> [TopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        return try await call { client throws(KafkaError) in
            // In place of a time, "the end".
            let ends = partitions.map { ($0, Int64(RD_KAFKA_OFFSET_END)) }
            return try withPartitionList(ends) { list throws(KafkaError) in
                let code = rd_kafka_offsets_for_times(client, list, timeout.milliseconds)
                guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(answering: code, "the end offsets") }
                return list.offsets.filter { $0.value >= 0 }
            }
        }
    }

    /// What a group has reported; nil where it never did.
    public func groupOffsets(
        _ group: String, _ partitions: [TopicPartition], timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> [TopicPartition: Int64?] {
        try await call { client throws(KafkaError) in
            try withPartitionList(partitions) { list throws(KafkaError) in
                // Copies the list.
                var request = rd_kafka_ListConsumerGroupOffsets_new(group, list)
                defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
                let offsets = try AdminRequest.run(
                    client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout: timeout, "the offsets of \(group)"
                ) { options, queue in
                    rd_kafka_ListConsumerGroupOffsets(client, &request, 1, options, queue)
                } read: { event throws(KafkaError) in
                    try Self.offsets(rd_kafka_event_ListConsumerGroupOffsets_result(event))
                }
                var answer: [TopicPartition: Int64?] = [:]
                for partition in partitions {
                    // updateValue, as assigning nil would remove the key.
                    answer.updateValue(offsets[partition].flatMap { $0 >= 0 ? $0 : nil }, forKey: partition)
                }
                return answer
            }
        }
    }

    private static func offsets(_ result: OpaquePointer?) throws(KafkaError) -> [TopicPartition: Int64] {
        var count = 0
        guard let result, let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count), count > 0
        else { return [:] }
        // Borrowed from the event.
        if let error = rd_kafka_group_result_error(groups[0]) {
            throw KafkaError(
                KafkaError.Code(rd_kafka_error_code(error)), String(cString: rd_kafka_error_string(error)))
        }
        guard let list = rd_kafka_group_result_partitions(groups[0]) else { return [:] }
        return UnsafeMutablePointer(mutating: list).offsets
    }

    /// One record, read by a client of its own that joins no group.
    ///
    /// - Returns: nil when there is no record with exactly this offset.
    public func record(
        at partition: TopicPartition, offset: Int64, timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> ConsumedRecord? {
        var properties = try ClientProperties(configuration)
        properties.applyConsumer(groupID: "unused", .default)
        properties.require("statistics.interval.ms", 0)
        properties.require("enable.partition.eof", true)
        let metrics = ClientMetrics(.admin, clientID: configuration.clientID)
        let context = CallbackContext(events: NoEvents(), logger: logger, metrics: metrics)
        let reader = try ClientHandle(
            RD_KAFKA_CONSUMER, properties, context, clientID: configuration.clientID)
        return try await OwnThread.call("kafka-record") { () throws(KafkaError) in
            defer { reader.destroy() }
            return try reader.borrow { client throws(KafkaError) in
                try Self.read(partition, offset, client, timeout: timeout)
            }
        }
    }

    private static func read(
        _ partition: TopicPartition, _ offset: Int64, _ client: OpaquePointer, timeout: Duration
    ) throws(KafkaError) -> ConsumedRecord? {
        let code = withPartitionList([(partition, offset)]) { rd_kafka_assign(client, $0) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(KafkaError.Code(code)) }
        guard let message = rd_kafka_consumer_poll(client, timeout.milliseconds) else {
            throw KafkaError(.timedOut, "no answer about \(partition) at \(offset)")
        }
        defer { rd_kafka_message_destroy(message) }
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR where message.pointee.offset == offset:
            return ConsumedRecord(copying: message, topic: partition.topic)
        case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__PARTITION_EOF, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
            return nil
        default:
            throw KafkaError(answering: message.pointee.err, "\(partition) at \(offset)")
        }
    }
}
