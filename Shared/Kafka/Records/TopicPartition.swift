/// One partition of a topic.
public struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var topic: String
    public var partition: Int32

    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    public var description: String { "\(topic)[\(partition)]" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// Where reading a partition begins.
public enum StartOffset: Hashable, Sendable {
    /// The oldest record that the broker still has.
    case beginning
    /// Exactly here; if the broker no longer (or not yet) has it, that is a loud error.
    case offset(Int64)
}
