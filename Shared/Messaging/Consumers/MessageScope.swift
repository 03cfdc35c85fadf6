public import Contracts
public import Foundation
public import Postgres
import Synchronization

/// What a handler may use: the transaction of its batch, the moment, and the outbox with ids computed from the message.
public struct MessageScope: Sendable {
    /// Everything the handler changes goes through it; it commits together with the consumer's position. What a handler
    /// enqueues travels with the statements of the messages behind it, and fails with them.
    public let transaction: PostgresTransaction
    public let context: EventContext
    /// `nil` for a projection: it may be rebuilt at any time, and says nothing to anybody.
    let outbox: Outbox?
    let arrivals: Arrivals

    public var now: Date { context.now }

    /// Writes an event that this message causes. Its id is computed from the message's, so that a repeat of the message
    /// cannot make a new fact.
    public func emit<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, version: Int64) async throws {
        try emit([entry(of: payload, key: key, version: version)].compactMap(\.self))
    }

    /// Such an event, to be written with others; `nil` for a projection.
    public func entry<Payload: EventPayload>(of payload: Payload, key: UUIDv7, version: Int64) throws -> OutboxEntry? {
        try outbox?.entry(of: payload, key: key, version: version, context: context)
    }

    /// Writes events that this message causes, with one statement for all of them.
    public func emit(_ entries: [OutboxEntry]) throws {
        try outbox?.enqueue(entries, in: transaction)
    }

    /// Tells messages that wait for `what` that it is here now.
    public func arrived(_ what: String) { arrivals.add(what) }
}

/// What has arrived within one batch, announced once at its end.
final class Arrivals: Sendable {
    private let names = Mutex<Set<String>>([])

    func add(_ name: String) { names.withLock { _ = $0.insert(name) } }

    func take() -> [String] {
        names.withLock { names in
            defer { names = [] }
            return names.sorted()
        }
    }
}
