import Contracts
import Foundation
import Kafka
import Postgres

/// The messages of one consumer that wait or are parked.
///
/// Whoever works on a key (the consumer with a new arrival, the retry, an operator) first holds the key's row in
/// `parked_keys`; so an arrival queues behind a retry, and a key is never left with messages but without its row.
struct ParkedStore: Sendable {
    let consumer: String

    /// Gives those of `keys` whose messages wait or are parked, and holds them until the transaction ends.
    func hold(_ keys: [[UInt8]], topic: String) -> SQL {
        """
        SELECT key FROM parked_keys
        WHERE consumer = \(consumer) AND topic = \(topic) AND key = ANY (\(keys)) ORDER BY key FOR UPDATE
        """
    }

    /// Keeps a message for good, and its key blocked until somebody retries or drops it.
    func park(_ message: ParkedMessage, now: Date, in transaction: PostgresTransaction) async throws {
        try await insert(message, now: now, in: transaction)
        try await transaction.execute(
            """
            INSERT INTO parked_keys (consumer, topic, key, state, since)
            VALUES (\(consumer), \(message.record.topic), \(message.key), 'parked', \(now))
            ON CONFLICT (consumer, topic, key) DO NOTHING
            """)
    }

    /// Keeps a message until what it waits for arrives, at most until `deadline`.
    func wait(
        _ message: ParkedMessage, waitingFor: String, deadline: Date, nextAttempt: Date, now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await insert(message, now: now, in: transaction)
        try await transaction.execute(
            """
            INSERT INTO parked_keys (consumer, topic, key, state, waiting_for, wait_until, next_attempt_at, since)
            VALUES (\(consumer), \(message.record.topic), \(message.key), 'waiting', \(waitingFor), \(deadline),
                    \(nextAttempt), \(now))
            ON CONFLICT (consumer, topic, key) DO NOTHING
            """)
    }

    private func insert(_ message: ParkedMessage, now: Date, in transaction: PostgresTransaction) async throws {
        let headers = message.record.headers.map { [$0.name, $0.value.base64] }
        try await transaction.execute(
            """
            INSERT INTO parked_messages (consumer, topic, key, partition, "offset", cluster_id, event_id, type,
                                         record_key, headers, value, state, reason_code, reason, parked_at)
            VALUES (\(consumer), \(message.record.topic), \(message.key), \(message.record.partition),
                    \(message.record.offset), \(message.clusterID), \(message.id), \(message.type?.withoutNUL),
                    \(message.record.key), \(PostgresJSON(headers)), \(message.record.value), 'open',
                    \(message.fault.code), \(message.fault.reason.withoutNUL), \(now))
            ON CONFLICT DO NOTHING
            """)
    }

    /// The key whose turn it is, held; `nil` when none is due.
    func nextDue(now: Date, in transaction: PostgresTransaction) async throws -> ParkedKey? {
        try await transaction.query(
            """
            SELECT topic, key, state, attempts, wait_until, waiting_for FROM parked_keys
            WHERE consumer = \(consumer) AND next_attempt_at <= \(now)
            ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
            """
        ).first.map(ParkedKey.init)
    }

    /// The open messages of a key in the order they came.
    func open(_ key: ParkedKey, limit: Int, in session: any PostgresQueryable) async throws -> [StoredMessage] {
        try await session.query(
            """
            SELECT id, topic, partition, "offset", record_key, headers, value, event_id FROM parked_messages
            WHERE consumer = \(consumer) AND topic = \(key.topic) AND key = \(key.bytes) AND state = 'open'
            ORDER BY id LIMIT \(limit)
            """
        ).map(StoredMessage.init)
    }

    /// Closes a message: `applied`, `superseded` or `dropped`.
    func settle(
        _ ids: [Int64], as state: String, by: String?, now: Date, in session: any PostgresQueryable
    ) async throws {
        try await session.execute(
            """
            UPDATE parked_messages SET state = \(state), settled_at = \(now), settled_by = \(by)
            WHERE id = ANY (\(ids)) AND state = 'open'
            """)
    }

    /// A newer state of the key was applied: what was parked of it means nothing any more.
    func supersede(topic: String, key: [UInt8], now: Date, in session: any PostgresQueryable) async throws {
        try await session.execute(
            """
            UPDATE parked_messages SET state = 'superseded', settled_at = \(now)
            WHERE consumer = \(consumer) AND topic = \(topic) AND key = \(key) AND state = 'open'
            """)
        try await session.execute(
            "DELETE FROM parked_keys WHERE consumer = \(consumer) AND topic = \(topic) AND key = \(key)")
    }

    func free(_ key: ParkedKey, in session: any PostgresQueryable) async throws {
        try await session.execute(
            "DELETE FROM parked_keys WHERE consumer = \(consumer) AND topic = \(key.topic) AND key = \(key.bytes)")
    }

    /// Writes what a failed attempt leaves: when to try again, or nobody before an operator asks.
    func postpone(_ key: ParkedKey, to next: Postponed, in session: any PostgresQueryable) async throws {
        try await session.execute(
            """
            UPDATE parked_keys SET state = \(next.state), waiting_for = \(next.waitingFor),
                wait_until = \(next.waitUntil), attempts = attempts + 1, next_attempt_at = \(next.nextAttempt)
            WHERE consumer = \(consumer) AND topic = \(key.topic) AND key = \(key.bytes)
            """)
    }

    /// Lets other keys go first, unless somebody has worked on this one meanwhile.
    func delay(_ key: ParkedKey, to next: Date, in session: any PostgresQueryable) async throws {
        try await session.execute(
            """
            UPDATE parked_keys SET attempts = attempts + 1, next_attempt_at = \(next)
            WHERE consumer = \(consumer) AND topic = \(key.topic) AND key = \(key.bytes)
              AND attempts = \(key.attempts) AND next_attempt_at IS NOT NULL
            """)
    }

    func note(_ fault: MessageFault, on message: Int64, in session: any PostgresQueryable) async throws {
        try await session.execute(
            """
            UPDATE parked_messages SET reason_code = \(fault.code), reason = \(fault.reason.withoutNUL)
            WHERE id = \(message)
            """)
    }

    /// What has arrived: whoever waits for it is tried again at once.
    static func announce(_ arrived: [String], now: Date, in transaction: PostgresTransaction) throws(PostgresError) {
        guard !arrived.isEmpty else { return }
        try transaction.enqueue(
            """
            UPDATE parked_keys SET next_attempt_at = \(now)
            WHERE waiting_for = ANY (\(arrived)) AND state = 'waiting'
            """)
    }
}

/// A message on its way into `parked_messages`.
struct ParkedMessage: Sendable {
    let record: ConsumedRecord
    let clusterID: String
    let id: UUIDv7
    let type: String?
    let fault: MessageFault

    /// More than any key of ours, and what an index takes.
    private static let longestKey = 256

    /// The record's key; without one, or with one so long that nothing good can have it, the message is parked alone,
    /// under its place.
    var key: [UInt8] {
        if let key = record.key, key.count <= Self.longestKey { return key }
        return Array("\(record.topic)/\(record.partition)/\(record.offset)".utf8)
    }
}

/// A blocked key, held by the transaction that read it.
struct ParkedKey: Sendable {
    let topic: String
    let bytes: [UInt8]
    let isWaiting: Bool
    let attempts: Int32
    let waitUntil: Date?
    let waitingFor: String?

    init(_ row: PostgresRow) throws {
        topic = try row.get("topic")
        bytes = try row.get("key")
        isWaiting = try row.get("state", as: String.self) == "waiting"
        attempts = try row.get("attempts")
        waitUntil = try row.get("wait_until")
        waitingFor = try row.get("waiting_for")
    }
}

/// A parked message read back, as the record it was.
struct StoredMessage: Sendable {
    let id: Int64
    let eventID: UUIDv7
    let record: ConsumedRecord

    init(_ row: PostgresRow) throws {
        id = try row.get("id")
        eventID = try row.get("event_id")
        let headers = try row.get("headers", as: PostgresJSON.self).decode([[String]].self)
        record = ConsumedRecord(
            topic: try row.get("topic"), partition: try row.get("partition"), offset: try row.get("offset"),
            key: try row.get("record_key"), value: try row.get("value"),
            headers: headers.compactMap { pair in
                pair.count == 2 ? KafkaHeader(name: pair[0], value: [UInt8](base64: pair[1])) : nil
            }, timestamp: nil)
    }
}

/// What becomes of a key after an attempt that failed.
struct Postponed: Equatable, Sendable {
    let state: String
    let waitingFor: String?
    let waitUntil: Date?
    let nextAttempt: Date?

    static let untilAsked = Postponed(state: "parked", waitingFor: nil, waitUntil: nil, nextAttempt: nil)

    static func waiting(for what: String, until: Date, nextAttempt: Date) -> Postponed {
        Postponed(state: "waiting", waitingFor: what, waitUntil: until, nextAttempt: nextAttempt)
    }
}

extension [UInt8] {
    var base64: String { Data(self).base64EncodedString() }

    init(base64 text: String) { self = Data(base64Encoded: text).map(Array.init) ?? [] }
}

extension String {
    /// PostgreSQL's text holds no NUL.
    var withoutNUL: String { replacing("\0", with: "\u{FFFD}") }
}
