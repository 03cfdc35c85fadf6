public import Contracts
public import Foundation

/// What the console keeps of an event: its headers and its place, nothing of its data.
public struct SeenEvent: Codable, Hashable, Sendable {
    /// The order in which the console saw it.
    public let number: Int64
    public let id: UUIDv7
    public let type: String
    public let topic: String
    public let partition: Int32
    public let offset: Int64
    /// The aggregate it tells of.
    public let key: UUIDv7
    /// The aggregate's version after the event.
    public let sequence: Int64
    public let time: Date
    /// The service that wrote it, by the owner of its topic.
    public let service: ServiceName?
    /// When the console saw it.
    public let seenAt: Date

    public init(
        number: Int64, id: UUIDv7, type: String, topic: String, partition: Int32, offset: Int64, key: UUIDv7,
        sequence: Int64, time: Date, service: ServiceName?, seenAt: Date
    ) {
        self.number = number
        self.id = id
        self.type = type
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.sequence = sequence
        self.time = time
        self.service = service
        self.seenAt = seenAt
    }
}

/// How many events of one topic were seen.
public struct TopicCount: Codable, Hashable, Sendable {
    public let topic: String
    public let service: ServiceName?
    public let count: Int64
    /// When the newest of them happened; absent when there was none.
    public let newest: Date?

    public init(topic: String, service: ServiceName?, count: Int64, newest: Date?) {
        self.topic = topic
        self.service = service
        self.count = count
        self.newest = newest
    }

    /// Every topic of the suite in the order of the catalogue, also those on which nothing was seen, then others.
    public static func complete(_ found: [TopicCount]) -> [TopicCount] {
        let byName = Dictionary(found.map { ($0.topic, $0) }, uniquingKeysWith: { first, _ in first })
        let own = TopicCatalogue.all.map {
            byName[$0.name] ?? TopicCount(topic: $0.name, service: $0.owner, count: 0, newest: nil)
        }
        return own + found.filter { TopicCatalogue[$0.topic] == nil }
    }
}
