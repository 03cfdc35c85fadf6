public import Contracts
public import Foundation
public import Postgres
import Synchronization

/// The events of one service, appended in the transaction that changes the state they tell of.
///
/// The caller holds the row lock of the aggregate: that is what gives its events their order.
public struct Outbox: Sendable {
    /// More than all headers and the key of an event together take.
    private static let headerBytes = 1_024

    public let service: ServiceName
    let shards: Int
    let committed: Signal

    /// - Parameter shards: how many relays share the service's events, by key. The same number for every process of a
    ///   service: an event is read by the relay of the shard it was written for.
    public init(service: ServiceName, shards: Int = 1) {
        self.service = service
        self.shards = max(1, shards)
        self.committed = Signal()
    }

    /// Appends one event.
    /// - Parameters:
    ///   - key: the aggregate; events of one key keep their order.
    ///   - version: the aggregate's version after the change; one event for each (key, version).
    ///   - republished: the same state said again for new readers (`publish-state`).
    /// - Throws: ``EventTooLarge``; `PostgresError`; an `EncodingError` when the payload is no JSON.
    public func append<Payload: EventPayload>(
        _ payload: Payload, key: UUIDv7, version: Int64, context: EventContext, republished: Bool = false,
        in transaction: PostgresTransaction
    ) async throws {
        let entry = try entry(of: payload, key: key, version: version, context: context, republished: republished)
        try await append([entry], in: transaction)
    }

    /// Appends events in their order, with one statement for all of them.
    /// - Throws: `PostgresError`.
    public func append(_ entries: [OutboxEntry], in transaction: PostgresTransaction) async throws {
        try enqueue(entries, in: transaction)
        try await transaction.flush()
    }

    /// The same with the next statement of the transaction, without a round trip of its own; that statement, or the end
    /// of the transaction, throws what goes wrong.
    public func enqueue(_ entries: [OutboxEntry], in transaction: PostgresTransaction) throws {
        guard !entries.isEmpty else { return }
        try transaction.enqueue(insertion(entries))
        wakeRelay(after: transaction)
    }

    /// An event that is ready to be written, checked as ``append(_:key:version:context:republished:in:)`` does.
    public func entry<Payload: EventPayload>(
        of payload: Payload, key: UUIDv7, version: Int64, context: EventContext, republished: Bool = false
    ) throws -> OutboxEntry {
        let topic = Payload.topic(writtenBy: service)
        precondition(topic.owner == service, "an event goes to a topic of its own service")
        let data = try ContractsJSON.encode(payload)
        let size = data.count + Self.headerBytes
        guard size <= topic.maximumBytes else {
            throw EventTooLarge(type: Payload.type, bytes: size, maximum: topic.maximumBytes)
        }
        return OutboxEntry(
            shard: shard(of: key), topic: topic.name, key: key, version: version, republished: republished,
            eventID: context.ids.next(), type: Payload.type, time: context.now, traceparent: context.traceparent,
            data: data)
    }

    /// The statement that appends events in their order, for a caller that pipelines it with its own. Such a caller
    /// calls ``wakeRelay(after:)`` too.
    public func insertion(_ entries: [OutboxEntry]) -> SQL {
        """
        INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, traceparent, data)
        SELECT shard, topic, key, version, republished, event_id, type, time, traceparent, data
        FROM unnest(\(entries.map(\.shard)), \(entries.map(\.topic)), \(entries.map(\.key)),
            \(entries.map(\.version)), \(entries.map(\.republished)), \(entries.map(\.eventID)),
            \(entries.map(\.type)), \(entries.map(\.time)), \(entries.map(\.traceparent)), \(entries.map(\.data)))
            WITH ORDINALITY AS e (shard, topic, key, version, republished, event_id, type, time, traceparent, data, place)
        ORDER BY place
        """
    }

    /// Wakes the relay once the transaction has committed.
    public func wakeRelay(after transaction: PostgresTransaction) {
        transaction.afterCommit { [committed] in committed.raise() }
    }

    func shard(of key: UUIDv7) -> Int16 {
        Int16(key.bytes.reduce(UInt32(0)) { $0 &* 31 &+ UInt32($1) } % UInt32(shards))
    }
}

/// An event on its way into the outbox.
public struct OutboxEntry: Sendable {
    let shard: Int16
    let topic: String
    public let key: UUIDv7
    public let version: Int64
    let republished: Bool
    let eventID: UUIDv7
    public let type: String
    public let time: Date
    let traceparent: String?
    /// The payload as JSON.
    public let data: [UInt8]
}

/// An event that no topic takes: larger than its topic allows. Nothing was written.
public struct EventTooLarge: Error, CustomStringConvertible {
    public let type: String
    public let bytes: Int
    public let maximum: Int

    public var description: String { "event \(type) has \(bytes) bytes, more than \(maximum)" }
}
