import Contracts
import Messaging
import Postgres

/// Where the events of a case go: the outbox, with ids that are drawn for a command and computed for a consumer.
protocol CasePublisher: Sendable {
    /// An event ready to be written; `nil` where nothing is told to anybody.
    func entry<Payload: EventPayload>(of payload: Payload, key: UUIDv7, version: Int64) throws -> OutboxEntry?

    /// Writes events in their order, with the next statement of the transaction.
    func emit(_ entries: [OutboxEntry]) throws
}

/// What a person causes.
struct CommandPublisher: CasePublisher {
    let outbox: Outbox
    let context: EventContext
    let transaction: PostgresTransaction

    func entry<Payload: EventPayload>(of payload: Payload, key: UUIDv7, version: Int64) throws -> OutboxEntry? {
        try outbox.entry(of: payload, key: key, version: version, context: context)
    }

    func emit(_ entries: [OutboxEntry]) throws { try outbox.enqueue(entries, in: transaction) }
}

/// What a message causes.
extension MessageScope: CasePublisher {}
