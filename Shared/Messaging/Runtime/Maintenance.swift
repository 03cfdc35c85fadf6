import Contracts
import Foundation
import Kafka
import Logging
import Postgres

/// Makes the partitions of the coming days and drops those that nobody needs any more.
///
/// Every horizon is counted from the server's clock, as the rows' own times are: a process whose clock is days ahead
/// drops nothing too early.
struct Maintenance: Sendable {
    let pool: PostgresPool
    let consumers: [ConsumerDefinition]
    let rules: ConsumerRules
    /// The Kafka cluster that positions count in; while it is unknown nothing is dropped that a position decides on.
    let clusterID: @Sendable () -> String?
    let logger: Logger
    /// Events stay in the outbox as long as the topics keep theirs.
    let outboxRetention: TimeInterval = TimeInterval(TopicCatalogue.longestRetention.components.seconds)
    let positionRetention: TimeInterval = 3 * 86_400

    private enum Width {
        static let week: Int32 = 7
        static let day: Int32 = 1
    }

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

    /// One round, in many short transactions: each gives way after a second, and none holds the locks of two tables.
    func work() async throws {
        try await ensure("outbox", "created_at", width: Width.week, ahead: 2)
        try await ensure("inbox", "event_id", width: Width.week, ahead: 4)
        try await ensure("consumer_positions", "written_at", width: Width.day, ahead: 7)
        try await ensure("relay_positions", "written_at", width: Width.day, ahead: 7)
        try await dropExpired("inbox", width: Width.week, after: rules.inboxRetention)
        guard let cluster = clusterID() else { return }
        try await dropSentOutbox(cluster)
        try await carryConsumerPositions(cluster)
        try await dropExpired("consumer_positions", width: Width.day, after: positionRetention)
        try await dropRelayPositions(cluster)
    }

    private func alone(_ body: @escaping @Sendable (PostgresTransaction) async throws -> Void) async throws {
        try await pool.transaction { transaction in
            try await transaction.execute("SET LOCAL lock_timeout = '1s'")
            try await transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended('hoso.maintenance', 0))")
            try await body(transaction)
        }
    }

    private func ensure(_ table: String, _ column: String, width: Int32, ahead: Int32) async throws {
        try await alone { transaction in
            try await transaction.execute(
                "SELECT ensure_time_partitions(\(table)::text::regclass, \(column), \(width), \(ahead))")
        }
    }

    private func dropExpired(_ table: String, width: Int32, after retention: TimeInterval) async throws {
        for partition in try await expired(table, width: width, after: retention) { try await drop(partition) }
    }

    private func expired(_ table: String, width: Int32, after retention: TimeInterval) async throws -> [String] {
        try await pool.query(
            """
            SELECT name FROM expired_time_partitions(
                \(table)::text::regclass, \(width), make_interval(secs => \(retention))) AS name
            """
        ).map { try $0.get("name") }
    }

    private func drop(_ partition: String) async throws {
        try await alone { transaction in
            try await transaction.execute("DROP TABLE IF EXISTS \(identifier: partition)")
        }
        logger.info("partition dropped", metadata: ["partition": "\(partition)"])
    }

    /// A partition of the outbox goes only when all of it is in Kafka: after a month without a broker its age alone
    /// would lose what was accepted.
    private func dropSentOutbox(_ cluster: String) async throws {
        for partition in try await expired("outbox", width: Width.week, after: outboxRetention) {
            guard try await isSent(partition, cluster) else {
                logger.error(
                    "an expired partition holds events that were not sent", metadata: ["partition": "\(partition)"])
                continue
            }
            try await drop(partition)
        }
    }

    private func isSent(_ partition: String, _ cluster: String) async throws -> Bool {
        let unsent = try await pool.queryOne(
            """
            SELECT EXISTS (
                SELECT FROM (SELECT DISTINCT shard FROM \(identifier: partition)) s
                LEFT JOIN LATERAL (
                    SELECT done FROM relay_positions r WHERE r.shard = s.shard AND r.cluster_id = \(cluster)
                    ORDER BY id DESC LIMIT 1) position ON true
                WHERE position.done IS NULL OR EXISTS (
                    SELECT FROM \(identifier: partition) o
                    WHERE o.shard = s.shard AND o.xid >= pg_snapshot_xmin(position.done)
                      AND NOT pg_visible_in_snapshot(o.xid, position.done))
            ) OR EXISTS (
                SELECT FROM relay_blocked b JOIN \(identifier: partition) o ON o.seq = b.seq
            ) AS unsent
            """)
        return try !unsent.get("unsent")
    }

    /// The newest position of a quiet partition would fall with its day: it is written again first, under the lock that
    /// its consumer takes, so that a position being written meanwhile stays the newest. Positions in other clusters are
    /// left to fall: whoever comes back to one after days reads it again from its beginning.
    private func carryConsumerPositions(_ cluster: String) async throws {
        for consumer in consumers {
            let store = ConsumerStore(consumer: consumer.name)
            for place in try await quiet(consumer, cluster) {
                try await alone { transaction in
                    try store.lock(topic: place.topic, partition: place.partition, in: transaction)
                    guard let next = try await store.position(place, clusterID: cluster, in: transaction) else {
                        return
                    }
                    try store.move(place, to: next, clusterID: cluster, in: transaction)
                }
            }
        }
    }

    private func quiet(_ consumer: ConsumerDefinition, _ cluster: String) async throws -> [TopicPartition] {
        let places = consumer.places
        return try await pool.query(
            """
            SELECT p.topic, p.partition
            FROM unnest(\(places.map(\.topic)), \(places.map(\.partition))) AS p (topic, partition)
            CROSS JOIN LATERAL (
                SELECT written_at FROM consumer_positions c
                WHERE c.consumer = \(consumer.name) AND c.topic = p.topic AND c.partition = p.partition
                  AND c.cluster_id = \(cluster)
                ORDER BY id DESC LIMIT 1) newest
            WHERE newest.written_at < now() - make_interval(secs => \(positionRetention / 2))
            """
        ).map { TopicPartition(topic: try $0.get("topic"), partition: try $0.get("partition")) }
    }

    /// Only the leading relay writes its positions, on its own connection; so a day is kept while it holds the newest
    /// one of any shard.
    private func dropRelayPositions(_ cluster: String) async throws {
        let newest = try await pool.query(
            """
            SELECT DISTINCT newest.partition FROM relay_servers s
            CROSS JOIN LATERAL (
                SELECT tableoid::regclass::text AS partition FROM relay_positions r
                WHERE r.shard = s.shard AND r.cluster_id = \(cluster)
                ORDER BY id DESC LIMIT 1) newest
            """)
        let kept = Set(try newest.map { try $0.get("partition", as: String.self) })
        for partition in try await expired("relay_positions", width: Width.day, after: positionRetention)
        where !kept.contains(partition) {
            try await drop(partition)
        }
    }
}
