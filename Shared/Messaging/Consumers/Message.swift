public import Contracts
public import Foundation
public import Postgres

/// Where a record stood in Kafka.
public struct RecordPlace: Hashable, Sendable, CustomStringConvertible {
    public let topic: String
    public let partition: Int32
    public let offset: Int64

    public var description: String { "\(topic)/\(partition)/\(offset)" }
}

/// An event as a consumer reads it.
public struct Message<Payload: Sendable>: Sendable {
    /// The same for every repetition of the event (`ce_id`).
    public let id: UUIDv7
    /// For example `hoso.dossier.submitted.v1`.
    public let type: String
    /// The aggregate it tells of.
    public let key: UUIDv7
    /// The aggregate's version after the event (`ce_sequence`).
    public let sequence: Int64
    /// When it happened.
    public let time: Date
    public let source: String
    public let traceparent: String?
    public let place: RecordPlace
    public let payload: Payload
}

/// Thrown by a handler whose precondition comes on another topic: the message waits, and with it what follows for its
/// key, until ``MessageScope/arrived(_:)`` names the same thing, or is parked after a deadline.
public struct NotYet: Error, Sendable, CustomStringConvertible {
    /// What it waits for, for example `member:018f…`. Without personal data: it is shown to operators.
    public let waitingFor: String

    public init(_ waitingFor: String) { self.waitingFor = waitingFor }

    public var description: String { "waits for \(waitingFor)" }

    /// Says outside of a handler that something has arrived: once the transaction commits, whoever waits for it is tried
    /// again.
    public static func arrived(
        _ what: String, now: Date, in transaction: PostgresTransaction
    ) throws(PostgresError) {
        try ParkedStore.announce([what], now: now, in: transaction)
    }
}

/// Thrown by a handler for a message that breaks a rule: it is parked.
public struct Unprocessable: Error, Sendable, CustomStringConvertible {
    /// Without personal data: it is kept, shown to operators, and published on the operations topic.
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { reason }
}
