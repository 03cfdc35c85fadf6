import Contracts
import Foundation
import Postgres

/// The keys whose events are held back because the broker refused one of them for good.
struct BlockedKeys {
    struct Key: Hashable {
        let topic: String
        let key: UUIDv7
    }

    /// A key and the row numbers that an operator wants sent again.
    struct Retry {
        let key: Key
        let sequences: [Int64]
    }

    private var keys: Set<Key> = []

    static func load(_ session: any PostgresSession, shard: Int16) async throws -> BlockedKeys {
        let rows = try await session.query("SELECT DISTINCT topic, key FROM relay_blocked WHERE shard = \(shard)")
        return BlockedKeys(keys: Set(try rows.map(Self.key)))
    }

    /// Rows of blocked keys, and the others.
    func split(_ rows: [OutboxRow]) -> (held: [OutboxRow], free: [OutboxRow]) {
        guard !keys.isEmpty else { return ([], rows) }
        return (rows.filter { keys.contains($0.blockingKey) }, rows.filter { !keys.contains($0.blockingKey) })
    }

    func hold(_ rows: [OutboxRow], session: any PostgresSession, shard: Int16) async throws {
        for row in rows { try await Self.insert(row, reason: nil, session: session, shard: shard) }
    }

    mutating func block(_ row: OutboxRow, reason: String, session: any PostgresSession, shard: Int16) async throws {
        keys.insert(row.blockingKey)
        try await Self.insert(row, reason: reason, session: session, shard: shard)
    }

    static func retriesRequested(_ session: any PostgresSession, shard: Int16) async throws -> [Retry] {
        let rows = try await session.query(
            """
            SELECT topic, key, array_agg(seq ORDER BY seq) AS sequences FROM relay_blocked
            WHERE shard = \(shard) GROUP BY topic, key HAVING bool_or(retry_requested)
            """)
        return try rows.map { Retry(key: try key($0), sequences: try $0.get("sequences")) }
    }

    static func release(_ row: OutboxRow, session: any PostgresSession) async throws {
        try await session.execute("DELETE FROM relay_blocked WHERE seq = \(row.sequence)")
    }

    /// The retry has been tried: what is left waits for the next request.
    static func answerRetry(of retry: Retry, session: any PostgresSession, shard: Int16) async throws {
        try await session.execute(
            """
            UPDATE relay_blocked SET retry_requested = false
            WHERE shard = \(shard) AND topic = \(retry.key.topic) AND key = \(retry.key.key)
            """)
    }

    private static func insert(
        _ row: OutboxRow, reason: String?, session: any PostgresSession, shard: Int16
    ) async throws {
        try await session.execute(
            """
            INSERT INTO relay_blocked (shard, topic, key, seq, reason)
            VALUES (\(shard), \(row.topic), \(row.key), \(row.sequence), \(reason)) ON CONFLICT (seq) DO NOTHING
            """)
    }

    private static func key(_ row: PostgresRow) throws -> Key {
        Key(topic: try row.get("topic"), key: try row.get("key"))
    }
}

extension OutboxRow {
    /// What a refusal of this row would block.
    var blockingKey: BlockedKeys.Key { BlockedKeys.Key(topic: topic, key: key) }
}
