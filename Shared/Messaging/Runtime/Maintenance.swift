import Contracts
import Foundation
import Logging
import Postgres

/// Makes the partitions of the coming days and drops those that nobody needs any more.
struct Maintenance: Sendable {
    let pool: PostgresPool
    let time: any TimeSource
    let rules: ConsumerRules
    let logger: Logger
    /// Events stay in the outbox as long as the topics keep theirs.
    let outboxRetention: TimeInterval = TimeInterval(TopicCatalogue.longestRetention.components.seconds)
    let positionRetention: TimeInterval = 3 * 86_400

    /// Works once an hour; ends on cancellation.
    func run() async {
        while !Task.isCancelled {
            do {
                try await work()
                try await Task.sleep(for: .seconds(3_600))
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("partitions not maintained yet", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(60))
            }
        }
    }

    /// One round, each table in a transaction of its own that gives way after a second.
    func work() async throws {
        let now = time.now
        try await alone { transaction in
            try await ensure("outbox", "created_at", width: 1, ahead: 7, from: now, in: transaction)
            try await drop("outbox", width: 1, before: now - outboxRetention, in: transaction)
        }
        try await alone { transaction in
            try await ensure("inbox", "event_id", width: 7, ahead: 4, from: now, in: transaction)
            try await drop("inbox", width: 7, before: now - rules.inboxRetention, in: transaction)
        }
        try await alone { transaction in
            try await ensure("consumer_positions", "written_at", width: 1, ahead: 7, from: now, in: transaction)
            try await carryConsumerPositions(before: now - positionRetention / 2, in: transaction)
            try await drop("consumer_positions", width: 1, before: now - positionRetention, in: transaction)
        }
        try await alone { transaction in
            try await ensure("relay_positions", "written_at", width: 1, ahead: 7, from: now, in: transaction)
            try await dropRelayPositions(before: now - positionRetention, in: transaction)
        }
    }

    private func alone(_ body: (PostgresTransaction) async throws -> Void) async throws {
        try await pool.transaction { transaction in
            try await transaction.execute("SET LOCAL lock_timeout = '1s'")
            try await transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended('hoso.maintenance', 0))")
            try await body(transaction)
        }
    }

    private func ensure(
        _ table: String, _ column: String, width: Int32, ahead: Int32, from now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            "SELECT ensure_time_partitions(\(table)::text::regclass, \(column), \(width), \(ahead), \(now))")
    }

    private func drop(
        _ table: String, width: Int32, before horizon: Date, in transaction: PostgresTransaction
    ) async throws {
        let rows = try await transaction.query(
            "SELECT drop_time_partitions(\(table)::text::regclass, \(width), \(horizon)) AS dropped")
        let dropped: [String] = try rows.first?.get("dropped") ?? []
        if !dropped.isEmpty { logger.info("partitions dropped", metadata: ["partitions": "\(dropped)"]) }
    }

    /// The newest position of a quiet partition would fall with its day: it is written again first, under the lock that
    /// its consumer takes, so that a position being written meanwhile stays the newest.
    private func carryConsumerPositions(before horizon: Date, in transaction: PostgresTransaction) async throws {
        let quiet = try await transaction.query(
            """
            SELECT consumer, topic, partition FROM consumer_positions
            GROUP BY consumer, topic, partition, cluster_id HAVING max(written_at) < \(horizon)
            ORDER BY consumer, topic, partition
            """)
        for row in quiet {
            let consumer: String = try row.get("consumer")
            let topic: String = try row.get("topic")
            let partition: Int32 = try row.get("partition")
            try await ConsumerStore(consumer: consumer).lock(topic: topic, partition: partition, in: transaction)
            try await transaction.execute(
                """
                INSERT INTO consumer_positions (consumer, topic, partition, cluster_id, next_offset)
                SELECT DISTINCT ON (cluster_id) consumer, topic, partition, cluster_id, next_offset
                FROM consumer_positions
                WHERE consumer = \(consumer) AND topic = \(topic) AND partition = \(partition)
                ORDER BY cluster_id, id DESC
                """)
        }
    }

    /// Only the leading relay writes its positions, on its own connection; so a day is kept while it holds the newest
    /// one of any shard.
    private func dropRelayPositions(before horizon: Date, in transaction: PostgresTransaction) async throws {
        let rows = try await transaction.query(
            """
            SELECT min(newest) AS oldest FROM (
                SELECT max(written_at) AS newest FROM relay_positions GROUP BY shard, cluster_id) positions
            """)
        let oldest: Date? = try rows.first?.get("oldest")
        try await drop("relay_positions", width: 1, before: min(horizon, oldest ?? horizon), in: transaction)
    }
}
