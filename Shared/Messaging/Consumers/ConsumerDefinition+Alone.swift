package import Foundation
package import Kafka
package import Postgres

extension ConsumerDefinition {
    /// Runs the handler of one record in a transaction of the caller's, without position, inbox and parking: for tests of
    /// handlers. What the handler throws is thrown on.
    /// - Returns: false when the record is no readable event of a type that this consumer handles.
    package func handle(
        _ record: ConsumedRecord, now: Date, outbox: Outbox, in transaction: PostgresTransaction
    ) async throws -> Bool {
        guard case .known(let envelope, let effect) = read(record) else { return false }
        let context = EventContext(
            now: now, traceparent: nil, eventIDs: ComputedEventIDs(cause: envelope.id, consumer: name))
        try await effect(
            MessageScope(transaction: transaction, context: context, outbox: outbox, arrivals: Arrivals()))
        return true
    }
}
