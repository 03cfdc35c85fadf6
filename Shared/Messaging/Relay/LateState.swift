import Contracts
import Postgres

/// State that a relay may have written after it had lost the lead: the leader says it once more.
///
/// A relay that stood still (frozen, paged out) while another took over can, when it moves again, still hand out the
/// records it had queued, behind the newer ones of its successor. Readers apply only a higher version, but a compacted
/// topic keeps the *last* record of a key, and a reader that starts afterwards would see the old state. So whoever loses
/// the lead in the middle of a page notes the keys, once nothing can leave it any more.
struct LateState {
    /// A key of a state topic.
    struct Key: Hashable, Sendable {
        let topic: String
        let key: UUIDv7
    }

    let session: PostgresConnection
    let shard: Int16

    func note(_ keys: Set<Key>) async throws {
        guard !keys.isEmpty else { return }
        try await session.execute(
            """
            INSERT INTO relay_again (shard, topic, key)
            SELECT \(shard), * FROM unnest(\(keys.map(\.topic)), \(keys.map(\.key)))
            ON CONFLICT (shard, topic, key) DO UPDATE SET noted_at = excluded.noted_at
            """)
    }

    /// The last state of the noted keys, as far as it was sent before `done`; one that waits behind a refused event is
    /// left for later.
    func rows(sentBefore done: TransactionSnapshot, by reader: OutboxReader, limit: Int) async throws -> [OutboxRow] {
        let found = try await session.query(
            """
            SELECT newest.seq FROM relay_again a
            CROSS JOIN LATERAL (
                SELECT seq FROM outbox o
                WHERE o.topic = a.topic AND o.key = a.key AND NOT o.republished
                  AND pg_visible_in_snapshot(o.xid, \(done.description)::pg_snapshot)
                ORDER BY o.version DESC LIMIT 1) newest
            WHERE a.shard = \(shard)
              AND NOT EXISTS (SELECT FROM relay_blocked b WHERE b.topic = a.topic AND b.key = a.key)
            ORDER BY a.noted_at LIMIT \(limit)
            """)
        return try await reader.rows(sequences: try found.map { try $0.get("seq") })
    }

    func settled(_ rows: [OutboxRow]) async throws {
        try await session.execute(
            """
            DELETE FROM relay_again a USING unnest(\(rows.map(\.topic)), \(rows.map(\.key))) AS said (topic, key)
            WHERE a.shard = \(shard) AND a.topic = said.topic AND a.key = said.key
            """)
    }
}

/// A page of events was on its way when the term ended.
struct PageInterrupted: Error, CustomStringConvertible {
    let late: Set<LateState.Key>
    let cause: any Error

    init(_ rows: [OutboxRow], _ cause: any Error) {
        late = Set(
            rows.filter { TopicCatalogue[$0.topic]?.kind == .state }
                .map { LateState.Key(topic: $0.topic, key: $0.key) })
        self.cause = cause
    }

    var description: String { "\(cause)" }
}
