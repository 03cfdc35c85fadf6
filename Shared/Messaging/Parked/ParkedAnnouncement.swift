import Contracts
import Foundation
import Kafka
import Postgres

extension BatchProcessor {
    /// Tells the operations topic that a message was parked. The announcement has an id computed from the message's, so
    /// that parking it once more says nothing new.
    func announceParked(_ message: ParkedMessage, now: Date, in transaction: PostgresTransaction) async throws {
        guard let outbox else { return }
        let ids = ComputedEventIDs(cause: message.id, consumer: "\(definition.name).parked")
        let event = MessageParked(
            occurrenceId: ids.next(), service: outbox.service, consumer: definition.name,
            topic: message.record.topic, partition: Int(message.record.partition), offset: message.record.offset,
            messageId: message.id, messageType: message.type,
            messageKey: message.record.key.flatMap { String(validating: $0, as: UTF8.self) },
            reason: "\(message.fault.code): \(message.fault.reason)", parkedAt: now)
        try await outbox.append(
            event, key: event.occurrenceId, version: 1,
            context: EventContext(now: now, traceparent: nil, eventIDs: ids), in: transaction)
    }
}
