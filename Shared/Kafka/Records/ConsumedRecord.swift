import CRdKafka

public import struct FoundationEssentials.Date

/// A record as it was read from a partition.
public struct ConsumedRecord: Sendable, Hashable {
    public var topic: String
    public var partition: Int32
    public var offset: Int64
    public var key: [UInt8]?
    public var value: [UInt8]?
    public var headers: [KafkaHeader]
    public var timestamp: Date?

    public init(
        topic: String, partition: Int32, offset: Int64, key: [UInt8]? = nil, value: [UInt8]?,
        headers: [KafkaHeader] = [], timestamp: Date? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }

    /// The value of the first header with that name.
    public func header(_ name: String) -> [UInt8]? {
        headers.first { $0.name == name }?.value
    }
}

extension ConsumedRecord {
    /// Copies a message out of librdkafka's memory; the message stays the caller's to destroy.
    init(copying message: UnsafePointer<rd_kafka_message_t>, topic: String) {
        self.init(
            topic: topic, partition: message.pointee.partition, offset: message.pointee.offset,
            key: copy(message.pointee.key, message.pointee.key_len),
            value: copy(message.pointee.payload, message.pointee.len),
            headers: Self.headers(of: message), timestamp: Self.timestamp(of: message))
    }

    private static func timestamp(of message: UnsafePointer<rd_kafka_message_t>) -> Date? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &kind)
        guard kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, milliseconds >= 0 else { return nil }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// The list belongs to the message, so nothing is freed here.
    private static func headers(of message: UnsafePointer<rd_kafka_message_t>) -> [KafkaHeader] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        let count = rd_kafka_header_cnt(list)
        var headers: [KafkaHeader] = []
        headers.reserveCapacity(count)
        for index in 0..<count {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            guard rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR, let name
            else { break }
            headers.append(KafkaHeader(name: String(cString: name), value: copy(value, size) ?? []))
        }
        return headers
    }
}

/// An absent field is null in Kafka; an empty one has a place and no length.
private func copy(_ bytes: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
    guard let bytes else { return nil }
    return Array(UnsafeRawBufferPointer(start: bytes, count: count))
}
