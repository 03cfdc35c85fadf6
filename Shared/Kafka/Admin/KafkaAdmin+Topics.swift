import CRdKafka

/// A topic to be created.
public struct NewTopic: Sendable, Hashable {
    public var name: String
    public var partitions: Int
    /// Nil leaves it to the broker's default.
    public var replicationFactor: Int?
    /// The topic's own settings, for example `retention.ms`.
    public var configuration: [String: String]

    public init(
        name: String, partitions: Int, replicationFactor: Int? = nil, configuration: [String: String] = [:]
    ) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.configuration = configuration
    }
}

/// A topic that exists.
public struct TopicMetadata: Sendable, Hashable {
    public var name: String
    public var partitions: Int

    public init(name: String, partitions: Int) {
        self.name = name
        self.partitions = partitions
    }
}

/// A topic with the places of its partitions.
public struct TopicDescription: Sendable, Hashable {
    /// One partition's brokers, by their numbers.
    public struct Partition: Sendable, Hashable {
        public var id: Int32
        /// Nil while nobody leads it.
        public var leader: Int32?
        public var replicas: [Int32]
        public var inSyncReplicas: [Int32]
    }

    public var name: String
    public var partitions: [Partition]
}

extension KafkaAdmin {
    /// Creates topics; those that exist already are left as they are.
    ///
    /// - Throws: `.unsupported` when the cluster cannot (librdkafka's mock cluster), otherwise the first refusal.
    public func createTopics(_ topics: [NewTopic], timeout: Duration = .seconds(30)) async throws(KafkaError) {
        guard !topics.isEmpty else { return }
        let names = names
        try await call { client throws(KafkaError) in
            try AdminRequest.requireController(client, timeout: timeout, "creating topics")
            var list: [OpaquePointer?] = []
            defer { rd_kafka_NewTopic_destroy_array(&list, list.count) }
            for topic in topics { list.append(try topic.makeRequest(names)) }
            let refusals = try AdminRequest.run(
                client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout: timeout, "creating topics"
            ) { options, queue in
                rd_kafka_CreateTopics(client, &list, list.count, options, queue)
            } read: { event throws(KafkaError) in
                Self.refusals(rd_kafka_event_CreateTopics_result(event))
            }
            if let refusal = refusals.first(where: { $0.code != .topicAlreadyExists }) { throw refusal }
        }
    }

    private static func refusals(_ result: OpaquePointer?) -> [KafkaError] {
        var count = 0
        guard let result, let topics = rd_kafka_CreateTopics_result_topics(result, &count) else { return [] }
        return (0..<count).compactMap { index in
            let code = rd_kafka_topic_result_error(topics[index])
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
            let reason = rd_kafka_topic_result_error_string(topics[index]).map { String(cString: $0) } ?? ""
            return KafkaError(
                KafkaError.Code(code), "topic \(String(cString: rd_kafka_topic_result_name(topics[index]))): \(reason)")
        }
    }

    /// The topics that exist, by name; those of the broker's own (`__...`) are left out.
    public func listTopics(timeout: Duration = .seconds(10)) async throws(KafkaError) -> [TopicMetadata] {
        try await describeTopics(timeout: timeout).map { topic in
            TopicMetadata(name: topic.name, partitions: topic.partitions.count)
        }
    }

    /// One topic with the places of its partitions; nil when there is none. Asking never creates it.
    public func describe(
        _ topic: String, timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> TopicDescription? {
        try await describeTopics(timeout: timeout).first { $0.name == topic }
    }

    private func describeTopics(timeout: Duration) async throws(KafkaError) -> [TopicDescription] {
        let names = names
        return try await call { client throws(KafkaError) in
            try AdminRequest.withMetadata(client, timeout: timeout) { metadata in
                UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
                    .filter { $0.err == RD_KAFKA_RESP_ERR_NO_ERROR }
                    .map(TopicDescription.init)
                    .filter { !$0.name.hasPrefix("__") }
                    .compactMap { topic in
                        names.here(topic.name).map { TopicDescription(name: $0, partitions: topic.partitions) }
                    }
                    .sorted { $0.name < $1.name }
            }
        }
    }

    /// A topic's settings as the broker applies them.
    ///
    /// - Throws: `.unsupported` when the cluster cannot tell.
    public func configuration(
        ofTopic topic: String, timeout: Duration = .seconds(10)
    ) async throws(KafkaError) -> [String: String] {
        let topic = names.atBroker(topic)
        return try await call { client throws(KafkaError) in
            try AdminRequest.requireController(client, timeout: timeout, "describing a topic's settings")
            var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
            defer { rd_kafka_ConfigResource_destroy(resource) }
            return try AdminRequest.run(
                client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout: timeout, "a topic's settings"
            ) { options, queue in
                rd_kafka_DescribeConfigs(client, &resource, 1, options, queue)
            } read: { event throws(KafkaError) in
                try Self.settings(rd_kafka_event_DescribeConfigs_result(event))
            }
        }
    }

    private static func settings(_ result: OpaquePointer?) throws(KafkaError) -> [String: String] {
        var count = 0
        guard let result, let resources = rd_kafka_DescribeConfigs_result_resources(result, &count), count > 0,
            let resource = resources[0]
        else { throw KafkaError(.unknownTopicOrPartition) }
        let code = rd_kafka_ConfigResource_error(resource)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(KafkaError.Code(code)) }
        var settings: [String: String] = [:]
        let entries = rd_kafka_ConfigResource_configs(resource, &count)
        for index in 0..<count {
            guard let entry = entries?[index], let value = rd_kafka_ConfigEntry_value(entry) else { continue }
            settings[String(cString: rd_kafka_ConfigEntry_name(entry))] = String(cString: value)
        }
        return settings
    }
}

extension NewTopic {
    /// The request is the caller's to destroy.
    fileprivate func makeRequest(_ names: Namespace) throws(KafkaError) -> OpaquePointer {
        var reason = [CChar](repeating: 0, count: 256)
        let request = rd_kafka_NewTopic_new(
            names.atBroker(name), Int32(clamping: partitions), Int32(clamping: replicationFactor ?? -1), &reason,
            reason.count)
        guard let request else { throw KafkaError(.usage, "topic \(name): \(text(reason))") }
        for (key, value) in configuration { rd_kafka_NewTopic_set_config(request, key, value) }
        return request
    }
}

extension TopicDescription {
    fileprivate init(_ topic: rd_kafka_metadata_topic) {
        name = String(cString: topic.topic)
        partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt)).map { partition in
            Partition(
                id: partition.id, leader: partition.leader < 0 ? nil : partition.leader,
                replicas: Array(UnsafeBufferPointer(start: partition.replicas, count: Int(partition.replica_cnt))),
                inSyncReplicas: Array(UnsafeBufferPointer(start: partition.isrs, count: Int(partition.isr_cnt))))
        }
    }
}
