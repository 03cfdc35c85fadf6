/// What stands before every topic and group name at the broker, and nowhere in a program.
struct Namespace: Sendable {
    let prefix: String

    func atBroker(_ name: String) -> String { prefix + name }

    func atBroker(_ place: TopicPartition) -> TopicPartition {
        TopicPartition(topic: atBroker(place.topic), partition: place.partition)
    }

    /// Nil for a name that belongs to somebody else.
    func here(_ name: String) -> String? {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }

    /// Of a place that was asked for by this namespace.
    func here(_ place: TopicPartition) -> TopicPartition {
        TopicPartition(topic: here(place.topic) ?? place.topic, partition: place.partition)
    }
}
