import Contracts
import Foundation
import Kafka
import Postgres

/// A consumer's own rows: its positions and its inbox.
struct ConsumerStore: Sendable {
    let consumer: String

    /// The offset to go on from, `nil` for a partition (or a cluster) never read before.
    func position(_ place: TopicPartition, clusterID: String, in session: any PostgresQueryable) async throws -> Int64?
    {
        try await session.query(
            """
            SELECT next_offset FROM consumer_positions
            WHERE consumer = \(consumer) AND topic = \(place.topic) AND partition = \(place.partition)
              AND cluster_id = \(clusterID)
            ORDER BY id DESC LIMIT 1
            """
        ).first?.get("next_offset")
    }

    /// Makes this transaction the only one that moves the partition, and checks that the batch starts where the last
    /// one ended, or at the beginning where nothing is stored. That fences a reader that has lost the partition, or whose
    /// projection was emptied, without knowing it yet.
    func claim(_ batch: PartitionBatch, clusterID: String, in transaction: PostgresTransaction) async throws {
        try await lock(topic: batch.topic, partition: batch.partition, in: transaction)
        let place = TopicPartition(topic: batch.topic, partition: batch.partition)
        let expected = try await position(place, clusterID: clusterID, in: transaction)
        guard expected == batch.startOffset || (expected == nil && batch.isFromBeginning) else {
            throw MessagingError.stalePosition(expected: expected, found: batch.startOffset)
        }
    }

    /// Waits until nobody else moves the partition, and keeps others out until the transaction ends.
    func lock(topic: String, partition: Int32, in transaction: PostgresTransaction) async throws {
        let name = "hoso.consumer.\(consumer).\(topic).\(partition)"
        try await transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended(\(name), 0))")
    }

    func move(
        _ place: TopicPartition, to nextOffset: Int64, clusterID: String, in session: any PostgresQueryable
    ) async throws {
        try await session.execute(
            """
            INSERT INTO consumer_positions (consumer, topic, partition, cluster_id, next_offset)
            VALUES (\(consumer), \(place.topic), \(place.partition), \(clusterID), \(nextOffset))
            """)
    }

    /// Enters ids into the inbox; answers those that were not in it.
    func enter(_ ids: [UUIDv7], in transaction: PostgresTransaction) async throws -> Set<UUIDv7> {
        guard !ids.isEmpty else { return [] }
        let rows = try await transaction.query(
            """
            INSERT INTO inbox (consumer, event_id) SELECT \(consumer), unnest(\(ids))
            ON CONFLICT DO NOTHING RETURNING event_id
            """)
        return Set(try rows.map { try $0.get("event_id") })
    }
}
