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
        try await session.query(position(place, clusterID: clusterID)).first?.get("next_offset")
    }

    /// The same as a statement, for a pipeline.
    func position(_ place: TopicPartition, clusterID: String) -> SQL {
        """
        SELECT next_offset FROM consumer_positions
        WHERE consumer = \(consumer) AND topic = \(place.topic) AND partition = \(place.partition)
          AND cluster_id = \(clusterID)
        ORDER BY id DESC LIMIT 1
        """
    }

    /// Checks, under the partition's lock, that the batch starts where the last one ended, or at the beginning where
    /// nothing is stored. That fences a reader that has lost the partition, or whose projection was emptied, without
    /// knowing it yet.
    func check(_ expected: Int64?, isStartOf batch: PartitionBatch) throws(MessagingError) {
        guard expected == batch.startOffset || (expected == nil && batch.isFromBeginning) else {
            throw MessagingError.stalePosition(expected: expected, found: batch.startOffset)
        }
    }

    /// Waits, with the next statement, until nobody else moves the partition, and keeps others out until the transaction
    /// ends.
    func lock(topic: String, partition: Int32, in transaction: PostgresTransaction) throws(PostgresError) {
        let name = "hoso.consumer.\(consumer).\(topic).\(partition)"
        try transaction.enqueue("SELECT pg_advisory_xact_lock(hashtextextended(\(name), 0))")
    }

    func move(
        _ place: TopicPartition, to nextOffset: Int64, clusterID: String, in transaction: PostgresTransaction
    ) throws(PostgresError) {
        try transaction.enqueue(
            """
            INSERT INTO consumer_positions (consumer, topic, partition, cluster_id, next_offset)
            VALUES (\(consumer), \(place.topic), \(place.partition), \(clusterID), \(nextOffset))
            """)
    }

    /// Enters ids into the inbox and gives those that were not in it.
    func entrance(of ids: [UUIDv7]) -> SQL {
        """
        INSERT INTO inbox (consumer, event_id) SELECT \(consumer), unnest(\(ids))
        ON CONFLICT DO NOTHING RETURNING event_id
        """
    }
}
