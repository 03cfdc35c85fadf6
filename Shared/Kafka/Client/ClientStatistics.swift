import FoundationEssentials

/// The part of librdkafka's statistics that becomes metrics.
struct ClientStatistics: Decodable {
    struct Broker: Decodable {
        struct Window: Decodable { var p99: Int? }

        var nodeid: Int
        var state: String
        var rtt: Window?
    }

    struct Partition: Decodable {
        var partition: Int32
        var consumerLag: Int64?
        var fetchqSize: Int?

        enum CodingKeys: String, CodingKey {
            case partition
            case consumerLag = "consumer_lag"
            case fetchqSize = "fetchq_size"
        }
    }

    struct Topic: Decodable {
        var partitions: [String: Partition]?
    }

    /// Records and bytes in the producer's queue.
    var queuedRecords: Int?
    var queuedBytes: Int?
    var sentBytes: Int?
    var receivedBytes: Int?
    var brokers: [String: Broker]?
    var topics: [String: Topic]?

    enum CodingKeys: String, CodingKey {
        case queuedRecords = "msg_cnt"
        case queuedBytes = "msg_size"
        case sentBytes = "tx_bytes"
        case receivedBytes = "rx_bytes"
        case brokers, topics
    }

    init?(json: UnsafeRawBufferPointer) {
        guard let decoded = try? JSONDecoder().decode(Self.self, from: Data(json)) else { return nil }
        self = decoded
    }

    /// Brokers that have a number, so not the addresses one starts from.
    var numberedBrokers: [Broker] { (brokers ?? [:]).values.filter { $0.nodeid >= 0 } }

    /// Bytes that all partitions together hold read ahead.
    var prefetchedBytes: Int {
        (topics ?? [:]).values.reduce(0) { sum, topic in
            (topic.partitions ?? [:]).values.reduce(sum) { $0 + ($1.fetchqSize ?? 0) }
        }
    }
}
