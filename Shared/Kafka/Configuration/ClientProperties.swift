import CRdKafka

/// What a client of one kind is set to, before it becomes librdkafka's own object.
struct ClientProperties {
    private(set) var values: [String: String]

    init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        for name in configuration.properties.keys.sorted() {
            if let reason = ReservedProperties.reason(for: name) {
                throw KafkaError(.configuration, "property \(name) cannot be set: \(reason)")
            }
        }
        guard !configuration.bootstrapServers.isEmpty else {
            throw KafkaError(.configuration, "property bootstrap.servers is empty")
        }
        values = configuration.properties
        values["bootstrap.servers"] = configuration.bootstrapServers
        values["client.id"] = configuration.clientID
        // Idle connections that a broker closes are no news.
        prefer("log.connection.close", "false")
        prefer("socket.nagle.disable", "true")
        prefer("socket.keepalive.enable", "true")
        prefer("reconnect.backoff.max.ms", "2000")
    }

    /// A default that the configuration may override.
    mutating func prefer(_ name: String, _ value: some CustomStringConvertible) {
        if values[name] == nil { values[name] = String(describing: value) }
    }

    /// A value that a guarantee rests on.
    mutating func require(_ name: String, _ value: some CustomStringConvertible) {
        values[name] = String(describing: value)
    }

    /// Makes the configuration object. It is the caller's, until `rd_kafka_new` takes it over.
    func makeConfiguration() throws(KafkaError) -> OpaquePointer {
        guard let configuration = rd_kafka_conf_new() else { throw KafkaError(.configuration, "no memory") }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            var reason = [CChar](repeating: 0, count: 512)
            let result = rd_kafka_conf_set(configuration, name, value, &reason, reason.count)
            if result == RD_KAFKA_CONF_OK { continue }
            rd_kafka_conf_destroy(configuration)
            throw Self.refusal(of: name, unknown: result == RD_KAFKA_CONF_UNKNOWN, text(reason))
        }
        return configuration
    }

    private static func refusal(of name: String, unknown: Bool, _ reason: String) -> KafkaError {
        if unknown { return KafkaError(.configuration, "property \(name) is unknown") }
        // librdkafka quotes the value, which must not show when it is a secret.
        let shown = ReservedProperties.isSecret(name) ? "its value is refused" : reason
        return KafkaError(.configuration, "property \(name): \(shown)")
    }
}

extension ClientProperties {
    mutating func applyProducer(_ limits: ProducerLimits) {
        require("enable.idempotence", true)
        require("acks", "all")
        require("message.timeout.ms", 0)
        require("partitioner", "murmur2_random")
        // The bound is kept in front of librdkafka, which gets some slack so that it never refuses for want of room.
        require("queue.buffering.max.messages", limits.records + 1_000)
        require("queue.buffering.max.kbytes", max(4096, 2 * limits.bytes / 1024))
        prefer("allow.auto.create.topics", false)
        prefer("linger.ms", limits.linger / .milliseconds(1))
        prefer("statistics.interval.ms", 10_000)
    }

    mutating func applyConsumer(groupID: String, _ limits: ConsumerLimits) {
        require("group.id", groupID)
        require("partition.assignment.strategy", "cooperative-sticky")
        require("enable.auto.commit", false)
        require("enable.auto.offset.store", false)
        require("auto.offset.reset", "error")
        prefer("isolation.level", "read_committed")
        prefer("queued.min.messages", limits.prefetchRecords)
        prefer("queued.max.messages.kbytes", (limits.prefetchBytes + 1023) / 1024)
        prefer("fetch.message.max.bytes", limits.fetchBytes)
        prefer("fetch.max.bytes", 4 << 20)
        prefer("fetch.wait.max.ms", 100)
        prefer("allow.auto.create.topics", false)
        prefer("topic.metadata.refresh.interval.ms", 30_000)
        prefer("statistics.interval.ms", 10_000)
    }
}

/// The text in a buffer that C filled.
func text(_ buffer: [CChar]) -> String {
    buffer.withUnsafeBufferPointer { pointer in
        pointer.baseAddress.map { String(cString: $0) } ?? ""
    }
}
