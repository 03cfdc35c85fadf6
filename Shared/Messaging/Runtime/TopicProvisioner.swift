public import Contracts
public import Kafka

/// Creates a service's own topics, and refuses to work with topics of another shape.
public struct TopicProvisioner: Sendable {
    private let admin: KafkaAdmin

    public init(admin: KafkaAdmin) { self.admin = admin }

    /// Creates the topics that `service` owns and that are not there yet; answers their names.
    ///
    /// A broker that cannot create topics but already has them all is fine: the embedded one makes them at its start.
    public func create(ownedBy service: ServiceName, replicationFactor: Int) async throws -> [String] {
        let existing = Set(try await admin.listTopics().map(\.name))
        let missing = TopicCatalogue.owned(by: service).filter { !existing.contains($0.name) }
        guard !missing.isEmpty else { return [] }
        try await admin.createTopics(
            missing.map { topic in
                NewTopic(
                    name: topic.name, partitions: topic.partitions, replicationFactor: replicationFactor,
                    configuration: topic.brokerSettings)
            })
        return missing.map(\.name)
    }

    /// Looks whether topics have the shape of the catalogue; answers the names of all that exist. Keys would lose their
    /// order over another number of partitions.
    /// - Throws: ``MessagingError/partitionCount(topic:expected:found:)`` for the first topic that differs.
    public func check(_ topics: [Topic]) async throws -> Set<String> {
        // A short wait: a blocked call outlives cancellation, and a service that stops has ten seconds.
        let found = Dictionary(
            try await admin.listTopics(timeout: .seconds(2)).map { ($0.name, Int($0.partitions)) },
            uniquingKeysWith: { first, _ in first })
        for topic in topics {
            guard let count = found[topic.name], count != topic.partitions else { continue }
            throw MessagingError.partitionCount(topic: topic.name, expected: topic.partitions, found: count)
        }
        return Set(found.keys)
    }
}
