import CRdKafka

extension KafkaAdmin {
    /// The oldest offset that the broker has, and the one that the next record will get.
    public func watermarks(
        _ partition: TopicPartition, timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> (low: Int64, high: Int64) {
        let partition = names.atBroker(partition)
        return try await call { client throws(KafkaError) in
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
        let names = names
        return try await call { client throws(KafkaError) in
            // In place of a time, "the end".
            let ends = partitions.map { (names.atBroker($0), Int64(RD_KAFKA_OFFSET_END)) }
            return try withPartitionList(ends) { list throws(KafkaError) in
                let code = rd_kafka_offsets_for_times(client, list, timeout.milliseconds)
                guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(answering: code, "the end offsets") }
                let found = list.offsets.filter { $0.value >= 0 }
                return Dictionary(uniqueKeysWithValues: found.map { (names.here($0.key), $0.value) })
            }
        }
    }

    /// What a group has reported; nil where it never did.
    public func groupOffsets(
        _ group: String, _ partitions: [TopicPartition], timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> [TopicPartition: Int64?] {
        let names = names
        return try await call { client throws(KafkaError) in
            try withPartitionList(partitions.map(names.atBroker)) { list throws(KafkaError) in
                // Copies the list.
                var request = rd_kafka_ListConsumerGroupOffsets_new(names.atBroker(group), list)
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
                    answer.updateValue(
                        offsets[names.atBroker(partition)].flatMap { $0 >= 0 ? $0 : nil }, forKey: partition)
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
        let found = try await records(from: [partition: offset], timeout: timeout)[partition]
        return found?.offset == offset ? found : nil
    }

    /// The first record of each partition at or after an offset, read by one client that joins no group.
    ///
    /// - Returns: nothing for a partition that has no such record, or where the offset is none of its log.
    /// - Throws: `.timedOut` when a partition did not answer.
    public func records(
        from offsets: [TopicPartition: Int64], timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> [TopicPartition: ConsumedRecord] {
        guard !offsets.isEmpty else { return [:] }
        var properties = try ClientProperties(configuration)
        properties.applyConsumer(groupID: "unused", .default)
        properties.require("statistics.interval.ms", 0)
        properties.require("enable.partition.eof", true)
        // One record of each partition is wanted, not what follows it.
        properties.require("queued.min.messages", 1)
        properties.require("fetch.message.max.bytes", 64 << 10)
        let metrics = ClientMetrics(.admin, clientID: configuration.clientID)
        let context = CallbackContext(events: NoEvents(), logger: logger, metrics: metrics)
        let reader = try ClientHandle(
            RD_KAFKA_CONSUMER, properties, context, clientID: configuration.clientID)
        let names = names
        return try await OwnThread.call("kafka-record") { () throws(KafkaError) in
            defer { reader.destroy() }
            return try reader.borrow { client throws(KafkaError) in
                try Self.read(offsets, names, client, timeout: timeout)
            }
        }
    }

    private static func read(
        _ offsets: [TopicPartition: Int64], _ names: Namespace, _ client: OpaquePointer, timeout: Duration
    ) throws(KafkaError) -> [TopicPartition: ConsumedRecord] {
        let code = withPartitionList(offsets.map { (names.atBroker($0), $1) }) { rd_kafka_assign(client, $0) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(KafkaError.Code(code)) }
        let deadline = ContinuousClock.now + timeout
        var open = Set(offsets.keys)
        var found: [TopicPartition: ConsumedRecord] = [:]
        while !open.isEmpty {
            let left = max(.zero, deadline - .now)
            guard let message = rd_kafka_consumer_poll(client, left.milliseconds) else {
                throw KafkaError(.timedOut, "no answer about \(open.count) partitions")
            }
            defer { rd_kafka_message_destroy(message) }
            // Borrowed from the message; nil for an error of the client as a whole.
            guard let topic = message.pointee.rkt.flatMap({ rd_kafka_topic_name($0) }) else { continue }
            let place = names.here(
                TopicPartition(topic: String(cString: topic), partition: message.pointee.partition))
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                if open.remove(place) != nil { found[place] = ConsumedRecord(copying: message, topic: place.topic) }
            case RD_KAFKA_RESP_ERR__PARTITION_EOF, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
                open.remove(place)
            default:
                throw KafkaError(answering: message.pointee.err, "\(place)")
            }
        }
        return found
    }
}
