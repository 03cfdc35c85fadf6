public import Contracts
import Kafka

/// One consumer of a service: which topics it reads and what it does with each type of event.
public struct ConsumerDefinition: Sendable {
    /// What a consumer makes of its messages.
    public enum Kind: Sendable {
        /// State and effects that exist once: never rebuilt by replay.
        case effects
        /// A copy of other services' state in these tables, which `replay` empties and fills again.
        case projection(tables: [String])

        var isProjection: Bool { if case .projection = self { true } else { false } }
    }

    /// For example `dues.members`; it names the Kafka group, the stored positions and the inbox rows.
    public let name: String
    public let topics: [Topic]
    public let kind: Kind
    private(set) var handlers: [String: Handler] = [:]
    /// What is done with events of a type that has no handler of its own.
    private(set) var everyOther: Handler?

    /// - Parameter name: unique in the whole suite and never changed: a new name starts from the beginning.
    public init(name: String, topics: [Topic], kind: Kind) {
        self.name = name
        self.topics = topics
        self.kind = kind
    }

    /// This consumer, also handling events of `type`.
    public func on<Payload: EventPayload>(
        _ type: Payload.Type, _ apply: @escaping @Sendable (Message<Payload>, MessageScope) async throws -> Void
    ) -> ConsumerDefinition {
        precondition(
            topics.contains { $0.name == Payload.topic.name }, "\(Payload.type) comes on a topic it does not read")
        var copy = self
        copy.handlers[Payload.type] = Handler { envelope, data in
            let payload = try ContractsJSON.decode(Payload.self, from: data)
            let message = Message(
                id: envelope.id, type: envelope.type, key: envelope.key, sequence: envelope.sequence,
                time: envelope.time, source: envelope.source, traceparent: envelope.traceparent,
                place: envelope.place, payload: payload)
            return { scope in try await apply(message, scope) }
        }
        return copy
    }

    /// This consumer, also handling events of every other type, known here or not, by what their headers say.
    ///
    /// The data is given as it came and is not judged: whoever only counts and lists events needs no schema of them.
    public func onEveryEvent(
        _ apply: @escaping @Sendable (Message<[UInt8]>, MessageScope) async throws -> Void
    ) -> ConsumerDefinition {
        var copy = self
        copy.everyOther = Handler { envelope, data in
            let message = Message(
                id: envelope.id, type: envelope.type, key: envelope.key, sequence: envelope.sequence,
                time: envelope.time, source: envelope.source, traceparent: envelope.traceparent,
                place: envelope.place, payload: data)
            return { scope in try await apply(message, scope) }
        }
        return copy
    }

    func topic(named name: String) -> Topic? { topics.first { $0.name == name } }

    /// Every partition of its topics, as the catalogue has them.
    var places: [TopicPartition] {
        topics.flatMap { topic in
            (0..<Int32(topic.partitions)).map { TopicPartition(topic: topic.name, partition: $0) }
        }
    }
}

/// Reads the data of an event, and answers what to do with it.
struct Handler: Sendable {
    typealias Effect = @Sendable (MessageScope) async throws -> Void

    let prepare: @Sendable (Envelope, [UInt8]) throws -> Effect
}
