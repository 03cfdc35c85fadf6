import Contracts
import Messaging
import Postgres

/// Where the events of a case go: the outbox, with ids that are drawn for a command and computed for a consumer.
protocol CasePublisher: Sendable {
    func publish<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, version: Int64) async throws
}

/// What a person causes.
struct CommandPublisher: CasePublisher {
    let outbox: Outbox
    let context: EventContext
    let transaction: PostgresTransaction

    func publish<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, version: Int64) async throws {
        try await outbox.append(payload, key: key, version: version, context: context, in: transaction)
    }
}

/// What a message causes.
extension MessageScope: CasePublisher {
    func publish<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, version: Int64) async throws {
        try await emit(payload, key: key, version: version)
    }
}
