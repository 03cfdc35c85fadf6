import Contracts
import Foundation
import Kafka
import Postgres

extension BatchProcessor {
    /// Tells the operations topic that a message was parked, under an id computed from the message's and the attempt's:
    /// a message that is parked again after a later attempt is news.
    func announceParked(
        _ message: ParkedMessage, attempt: Int32 = 0, now: Date, in transaction: PostgresTransaction
    ) async throws {
        guard let outbox else { return }
        let ids = ComputedEventIDs(cause: message.id, consumer: "\(definition.name).parked.\(attempt)")
        let event = MessageParked(
            occurrenceId: ids.next(), service: outbox.service, consumer: definition.name,
            topic: message.record.topic, partition: Int(message.record.partition), offset: message.record.offset,
            messageId: message.id, messageType: message.type,
            // What is no id of ours may be a value.
            messageKey: message.record.key.flatMap { String(validating: $0, as: UTF8.self) }
                .flatMap { UUIDv7($0) }?.description,
            reason: "\(message.fault.code): \(message.fault.reason)", parkedAt: now)
        try await outbox.append(
            event, key: event.occurrenceId, version: 1,
            context: EventContext(now: now, traceparent: nil, eventIDs: ids),
            // One that was emptied parks the same again, and says it under the same id.
            republished: definition.kind.isProjection, in: transaction)
    }
}
