/// A Kafka topic and what is fixed about it.
public struct Topic: Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable {
        /// Facts that happened; old ones are deleted by age.
        case event
        /// The whole present state of an aggregate; only the latest of each key matters.
        case state
    }

    /// For example `hoso.intake.dossiers.v1`.
    public let name: String
    /// The only service that writes it.
    public let owner: ServiceName
    public let kind: Kind
    public let partitions: Int
    /// How long events are kept on the topic and in the owner's outbox.
    public let retention: Duration
    /// The largest event with its headers, in bytes; checked when it is written.
    public let maximumBytes: Int
    /// The field of every payload on the topic that is the key of the event.
    public let keyField: String

    public init(
        name: String, owner: ServiceName, kind: Kind, partitions: Int, retention: Duration, keyField: String,
        maximumBytes: Int = 900_000
    ) {
        self.name = name
        self.owner = owner
        self.kind = kind
        self.partitions = partitions
        self.retention = retention
        self.keyField = keyField
        self.maximumBytes = maximumBytes
    }

    /// The value of the broker's `cleanup.policy`.
    public var cleanupPolicy: String {
        switch kind {
        case .event: "delete"
        case .state: "compact"
        }
    }

    /// The topic's settings at the broker, by Kafka's names.
    public var brokerSettings: [String: String] {
        [
            "cleanup.policy": cleanupPolicy,
            // A compacted topic keeps the latest of each key whatever its age.
            "retention.ms": kind == .state ? "-1" : String(retention.components.seconds * 1_000),
            // One record with the batch's own overhead must fit.
            "max.message.bytes": String(maximumBytes + 100_000),
        ]
    }
}
