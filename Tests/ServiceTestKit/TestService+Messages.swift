public import Contracts
import Kafka
import Messaging
import Postgres
import ServiceKit

/// Why a message could not be given to a service.
public enum DeliveryFault: Error {
    /// No consumer of the service reads the topic.
    case noConsumer
    /// The consumer does not take the message for a good one of a known type.
    case unread
}

extension TestService {
    /// Gives a message to whichever consumer of the service reads its topic, as the relay of its owner writes it; what
    /// the handler throws is thrown on.
    public func deliver<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, sequence: Int64 = 1) async throws {
        let now = kit.time.now
        let headers = [
            (EventHeader.specVersion, "1.0"), (EventHeader.id, "\(kit.ids.next(at: now))"),
            (EventHeader.type, Payload.type), (EventHeader.source, Payload.topic.owner.source),
            (EventHeader.time, RFC3339.text(of: now)), (EventHeader.sequence, "\(sequence)"),
        ]
        let record = ConsumedRecord(
            topic: Payload.topic.name, partition: 0, offset: 0, key: Array("\(key)".utf8),
            value: try ContractsJSON.encode(payload), headers: headers.map { KafkaHeader($0.0, $0.1) })
        let reader = parts.consumers.first { $0.topics.contains { $0.name == Payload.topic.name } }
        guard let reader else { throw DeliveryFault.noConsumer }
        try await pool.transaction { transaction in
            guard try await reader.handle(record, now: now, outbox: kit.outbox, in: transaction) else {
                throw DeliveryFault.unread
            }
        }
    }
}
