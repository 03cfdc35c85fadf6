public import Foundation

/// A consumer put a message aside for a person to look at.
public struct MessageParked: OperationsPayload, Hashable {
    public static let type = "hoso.message.parked.v1"

    /// The parked message; also the key.
    public let occurrenceId: UUIDv7
    /// The service that parked it.
    public let service: ServiceName
    /// The consumer.
    public let consumer: String
    /// Where the message stands: the topic.
    public let topic: String
    /// The partition.
    public let partition: Int
    /// The offset.
    public let offset: Int64
    /// The id of the message, when it could be read.
    public let messageId: UUIDv7?
    /// The type of the message, when it could be read.
    public let messageType: String?
    /// The key of the message, when it could be read.
    public let messageKey: String?
    /// Why, without personal data.
    public let reason: String
    /// When.
    public let parkedAt: Date

    public init(
        occurrenceId: UUIDv7, service: ServiceName, consumer: String, topic: String, partition: Int, offset: Int64,
        messageId: UUIDv7? = nil, messageType: String? = nil, messageKey: String? = nil, reason: String, parkedAt: Date
    ) {
        self.occurrenceId = occurrenceId
        self.service = service
        self.consumer = consumer
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.messageId = messageId
        self.messageType = messageType
        self.messageKey = messageKey
        self.reason = reason
        self.parkedAt = parkedAt
    }
}

/// The broker refused an event for good; its key waits behind it.
public struct RelayBlocked: OperationsPayload, Hashable {
    public static let type = "hoso.relay.blocked.v1"

    /// The blockage; also the key.
    public let occurrenceId: UUIDv7
    /// The service whose outbox it is.
    public let service: ServiceName
    /// The shard of the relay.
    public let shard: Int
    /// The topic of the event.
    public let topic: String
    /// The event.
    public let eventId: UUIDv7
    /// The key that waits.
    public let eventKey: String
    /// Why, without personal data.
    public let reason: String
    /// When.
    public let blockedAt: Date

    public init(
        occurrenceId: UUIDv7, service: ServiceName, shard: Int, topic: String, eventId: UUIDv7, eventKey: String,
        reason: String, blockedAt: Date
    ) {
        self.occurrenceId = occurrenceId
        self.service = service
        self.shard = shard
        self.topic = topic
        self.eventId = eventId
        self.eventKey = eventKey
        self.reason = reason
        self.blockedAt = blockedAt
    }
}

/// A service cannot do all of its work, or can again.
public struct ServiceDegraded: OperationsPayload, Hashable {
    public static let type = "hoso.service.degraded.v1"

    /// The degradation; also the key.
    public let occurrenceId: UUIDv7
    /// The service.
    public let service: ServiceName
    /// The instance.
    public let instance: String
    /// What is wrong, as a stable name.
    public let reason: String
    /// Since when.
    public let since: Date
    /// When it was over.
    public let endedAt: Date?

    public init(
        occurrenceId: UUIDv7, service: ServiceName, instance: String, reason: String, since: Date, endedAt: Date? = nil
    ) {
        self.occurrenceId = occurrenceId
        self.service = service
        self.instance = instance
        self.reason = reason
        self.since = since
        self.endedAt = endedAt
    }
}

/// The audit rows up to a point were sealed; a change to them would no longer fit this anchor.
public struct AuditAnchored: OperationsPayload, Hashable {
    public static let type = "hoso.audit.anchored.v1"

    /// The sealed batch; also the key.
    public let occurrenceId: UUIDv7
    /// The service whose audit it is.
    public let service: ServiceName
    /// Counts the sealed batches, from 1.
    public let batch: Int64
    /// How many rows the chain has up to here.
    public let count: Int64
    /// The hash of the chain up to here.
    public let hash: ContentDigest
    /// When.
    public let anchoredAt: Date

    public init(
        occurrenceId: UUIDv7, service: ServiceName, batch: Int64, count: Int64, hash: ContentDigest, anchoredAt: Date
    ) {
        self.occurrenceId = occurrenceId
        self.service = service
        self.batch = batch
        self.count = count
        self.hash = hash
        self.anchoredAt = anchoredAt
    }
}
