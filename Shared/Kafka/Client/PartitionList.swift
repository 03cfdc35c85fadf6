import CRdKafka

/// A list of partitions as librdkafka takes it, freed when the body returns.
func withPartitionList<R, E: Error>(
    _ partitions: some Collection<(TopicPartition, Int64)>,
    _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws(E) -> R
) throws(E) -> R {
    guard let list = rd_kafka_topic_partition_list_new(Int32(partitions.count)) else {
        preconditionFailure("librdkafka aborts itself when there is no memory")
    }
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for (partition, offset) in partitions {
        rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition)?.pointee.offset = offset
    }
    return try body(list)
}

func withPartitionList<R, E: Error>(
    _ partitions: some Collection<TopicPartition>,
    _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws(E) -> R
) throws(E) -> R {
    try withPartitionList(partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) }, body)
}

extension UnsafeMutablePointer<rd_kafka_topic_partition_list_t> {
    private var elements: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: pointee.elems, count: Int(pointee.cnt))
    }

    var partitions: [TopicPartition] {
        elements.map { TopicPartition(topic: String(cString: $0.topic), partition: $0.partition) }
    }

    var offsets: [TopicPartition: Int64] {
        var offsets: [TopicPartition: Int64] = [:]
        for element in elements {
            offsets[TopicPartition(topic: String(cString: element.topic), partition: element.partition)] =
                element.offset
        }
        return offsets
    }

    /// The first error among the partitions.
    var firstError: rd_kafka_resp_err_t? {
        elements.first { $0.err != RD_KAFKA_RESP_ERR_NO_ERROR }?.err
    }
}

extension StartOffset {
    /// The same in librdkafka's terms.
    var raw: Int64 {
        switch self {
        case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .offset(let offset): offset
        }
    }

    /// Nil when only the first record will tell.
    var position: Int64? {
        guard case .offset(let offset) = self else { return nil }
        return offset
    }
}
