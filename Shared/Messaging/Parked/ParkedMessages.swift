public import Contracts
public import Foundation
public import Postgres

/// The parked messages of a service, for its operators.
public struct ParkedMessages: Sendable {
    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// One message that waits for a decision, without its contents.
    public struct Entry: Codable, Sendable {
        public let id: Int64
        public let consumer: String
        public let topic: String
        public let partition: Int32
        public let offset: Int64
        public let eventId: UUIDv7
        public let type: String?
        /// Waiting for another topic, or parked until somebody acts.
        public let keyState: String
        public let reasonCode: String
        public let reason: String
        public let parkedAt: Date
    }

    /// One message with its raw bytes.
    public struct Detail: Codable, Sendable {
        public let entry: Entry
        /// Name and value, each value in Base64.
        public let headers: [[String]]
        public let key: String?
        /// The data in Base64, as it came.
        public let value: String?
    }

    /// The open messages, oldest first, from `after` on.
    public func list(consumer: String? = nil, after: Int64 = 0, limit: Int = 100) async throws -> [Entry] {
        try await pool.query(
            """
            \(Self.selection) AND m.id > \(after) AND (\(consumer)::text IS NULL OR m.consumer = \(consumer))
            ORDER BY m.id LIMIT \(limit)
            """
        ).map(Self.entry)
    }

    /// One message, `nil` when it is not open.
    public func show(_ id: Int64) async throws -> Detail? {
        try await pool.query("\(Self.selection) AND m.id = \(id)").first.map { row in
            Detail(
                entry: try Self.entry(row),
                headers: try row.get("headers", as: PostgresJSON.self).decode([[String]].self),
                key: try row.get("record_key", as: [UInt8]?.self).map { String(decoding: $0, as: UTF8.self) },
                value: try row.get("value", as: [UInt8]?.self)?.base64)
        }
    }

    /// Makes the keys of the given messages (of all, without ids) due for another attempt; answers how many keys. Asking
    /// twice is harmless.
    public func retry(_ ids: [Int64]?, now: Date, in transaction: PostgresTransaction) async throws -> Int {
        try await transaction.execute(
            """
            UPDATE parked_keys k SET next_attempt_at = \(now)
            WHERE \(ids == nil) OR EXISTS (
                SELECT FROM parked_messages m WHERE m.consumer = k.consumer AND m.topic = k.topic AND m.key = k.key
                  AND m.state = 'open' AND m.id = ANY (\(ids ?? [])))
            """)
    }

    /// Gives a message up; what follows it for its key is tried again. Answers whether it was open.
    public func drop(_ id: Int64, by: String, now: Date, in transaction: PostgresTransaction) async throws -> Bool {
        // First the key's row, as everybody who works on the key does.
        try await transaction.execute(
            """
            UPDATE parked_keys k SET next_attempt_at = \(now) FROM parked_messages m
            WHERE m.id = \(id) AND m.state = 'open'
              AND k.consumer = m.consumer AND k.topic = m.topic AND k.key = m.key
            """)
        return try await transaction.execute(
            """
            UPDATE parked_messages SET state = 'dropped', settled_at = \(now), settled_by = \(by)
            WHERE id = \(id) AND state = 'open'
            """) == 1
    }

    private static let selection: SQL = """
        SELECT m.id, m.consumer, m.topic, m.partition, m."offset", m.event_id, m.type, k.state AS key_state,
               m.reason_code, m.reason, m.parked_at, m.headers, m.record_key, m.value
        FROM parked_messages m
        JOIN parked_keys k ON k.consumer = m.consumer AND k.topic = m.topic AND k.key = m.key
        WHERE m.state = 'open'
        """

    private static func entry(_ row: PostgresRow) throws -> Entry {
        Entry(
            id: try row.get("id"), consumer: try row.get("consumer"), topic: try row.get("topic"),
            partition: try row.get("partition"), offset: try row.get("offset"), eventId: try row.get("event_id"),
            type: try row.get("type"), keyState: try row.get("key_state"), reasonCode: try row.get("reason_code"),
            reason: try row.get("reason"), parkedAt: try row.get("parked_at"))
    }
}
