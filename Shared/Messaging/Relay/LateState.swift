import Contracts
import Postgres

/// State that a relay may have written after it had lost the lead: the leader says it once more.
///
/// A relay that stood still (frozen, paged out) while another took over can, when it moves again, still hand out the
/// records it had queued, behind the newer ones of its successor. Readers apply only a higher version, but a compacted
/// topic keeps the *last* record of a key, and a reader that starts afterwards would see the old state. So whoever loses
/// the lead in the middle of a page notes the keys, once nothing can leave it any more. Known limit: a relay that dies
/// after such a late delivery and before its note leaves the old state last, until the aggregate changes again or its
/// service publishes its state.
struct LateState {
    /// A key of a state topic.
    struct Key: Hashable, Sendable {
        let topic: String
        let key: UUIDv7
    }

    /// State to be said again, and the note that it answers.
    struct Owed: Sendable {
        let row: OutboxRow
        /// In microseconds since the beginning of 1970, as exact as the database has it.
        let notedAt: Int64
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
    func owed(sentBefore done: TransactionSnapshot, by reader: OutboxReader, limit: Int) async throws -> [Owed] {
        // What has not changed within the outbox's retention was late in the very state that it still has.
        try await session.execute(
            """
            DELETE FROM relay_again a WHERE a.shard = \(shard) AND NOT EXISTS (
                SELECT FROM outbox o WHERE o.topic = a.topic AND o.key = a.key AND NOT o.republished)
            """)
        let found = try await session.query(
            """
            SELECT newest.seq, (extract(epoch FROM a.noted_at) * 1000000)::bigint AS noted_at FROM relay_again a
            CROSS JOIN LATERAL (
                SELECT seq FROM outbox o
                WHERE o.topic = a.topic AND o.key = a.key AND NOT o.republished
                  AND pg_visible_in_snapshot(o.xid, \(done.description)::pg_snapshot)
                ORDER BY o.version DESC LIMIT 1) newest
            WHERE a.shard = \(shard)
              AND NOT EXISTS (SELECT FROM relay_blocked b WHERE b.topic = a.topic AND b.key = a.key)
            ORDER BY a.noted_at LIMIT \(limit)
            """)
        let notes: [(Int64, Int64)] = try found.map { (try $0.get("seq"), try $0.get("noted_at")) }
        let notedAt = Dictionary(uniqueKeysWithValues: notes)
        return try await reader.rows(sequences: notes.map(\.0)).map {
            Owed(row: $0, notedAt: notedAt[$0.sequence] ?? 0)
        }
    }

    /// Takes away the notes that were answered. A key that was noted again meanwhile is still owed: what was late then may
    /// have come behind what was said.
    func settled(_ owed: [Owed]) async throws {
        try await session.execute(
            """
            DELETE FROM relay_again a
            USING unnest(\(owed.map(\.row.topic)), \(owed.map(\.row.key)), \(owed.map(\.notedAt)))
                AS said (topic, key, noted_at)
            WHERE a.shard = \(shard) AND a.topic = said.topic AND a.key = said.key
              AND (extract(epoch FROM a.noted_at) * 1000000)::bigint = said.noted_at
            """)
    }
}

/// Events were on their way, or delivered without a receipt in the database, when the term ended: they may have come
/// behind a successor's.
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
