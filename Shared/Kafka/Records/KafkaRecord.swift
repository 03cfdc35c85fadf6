public import struct FoundationEssentials.Date

/// A named value that travels beside a record.
public struct KafkaHeader: Sendable, Hashable {
    public var name: String
    public var value: [UInt8]

    public init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }

    public init(_ name: String, _ value: String) {
        self.init(name: name, value: Array(value.utf8))
    }
}

/// A record to be written to a topic.
///
/// Without a partition the key decides, by the hash other Kafka clients use too (murmur2); without a key any will do.
public struct KafkaRecord: Sendable, Hashable {
    public var topic: String
    public var partition: Int32?
    public var key: [UInt8]?
    public var value: [UInt8]?
    public var headers: [KafkaHeader]
    /// When it was made, kept to the millisecond; the client's clock when absent.
    public var timestamp: Date?

    public init(
        topic: String, partition: Int32? = nil, key: [UInt8]? = nil, value: [UInt8]?, headers: [KafkaHeader] = [],
        timestamp: Date? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }

    /// What it takes in the queue, in bytes: the payload and what the client keeps beside it.
    var queuedBytes: Int {
        var bytes = 256 + (key?.count ?? 0) + (value?.count ?? 0)
        for header in headers { bytes += 32 + header.name.utf8.count + header.value.count }
        return bytes
    }
}

/// Where a written record lies.
public struct KafkaDelivery: Sendable, Hashable {
    public var partition: Int32
    public var offset: Int64

    public init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}
