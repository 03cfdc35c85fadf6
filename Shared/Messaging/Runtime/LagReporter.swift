import Contracts
public import Foundation
import Kafka
import Logging
import Metrics
import Postgres
import Synchronization

/// How far one consumer is behind in one partition.
public struct PartitionLag: Codable, Sendable {
    public let consumer: String
    public let topic: String
    public let partition: Int32
    /// The next offset to be applied; `nil` when nothing was read in this cluster yet.
    public let position: Int64?
    public let logEnd: Int64
    /// Events written and not applied.
    public let lag: Int64
    /// When the oldest of them happened; `nil` without one.
    public let oldestAt: Date?
}

/// Measures lag as log end minus stored position, for every partition, whether or not the group has members.
struct LagReporter: Sendable {
    let consumers: [ConsumerDefinition]
    let pool: PostgresPool
    let admin: KafkaAdmin
    let cluster: ClusterWatch
    let time: any TimeSource
    let interval: Duration
    let gauges: LagGauges
    let ages: ProjectionAges
    let logger: Logger

    /// Reports for ever; ends on cancellation.
    func run() async {
        while !Task.isCancelled {
            do {
                let now = time.now
                let lags = try await measure()
                gauges.set(lags, now: now)
                ages.note(lags, measuredAt: now)
            } catch {
                // Unknown is absent, never 0.
                gauges.clear()
                logger.debug("lag unknown", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: interval)
        }
    }

    func measure() async throws -> [PartitionLag] {
        let clusterID = try await cluster.current()
        let partitions = Dictionary(
            try await admin.listTopics(timeout: .seconds(2)).map { ($0.name, $0.partitions) },
            uniquingKeysWith: { first, _ in first })
        var measured: [PartitionLag] = []
        for consumer in consumers {
            let positions = try await storedPositions(of: consumer.name, clusterID: clusterID)
            for topic in consumer.topics {
                for partition in 0..<Int32(partitions[topic.name] ?? 0) {
                    let place = TopicPartition(topic: topic.name, partition: partition)
                    measured.append(try await lag(of: consumer.name, at: place, position: positions[place]))
                }
            }
        }
        return measured
    }

    private func storedPositions(of consumer: String, clusterID: String) async throws -> [TopicPartition: Int64] {
        let rows = try await pool.query(
            """
            SELECT DISTINCT ON (topic, partition) topic, partition, next_offset FROM consumer_positions
            WHERE consumer = \(consumer) AND cluster_id = \(clusterID) ORDER BY topic, partition, id DESC
            """)
        return Dictionary(
            try rows.map { row in
                (
                    TopicPartition(topic: try row.get("topic"), partition: try row.get("partition")),
                    try row.get("next_offset", as: Int64.self)
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    private func lag(of consumer: String, at place: TopicPartition, position: Int64?) async throws -> PartitionLag {
        let (low, high) = try await admin.watermarks(place, timeout: .seconds(2))
        let next = max(position ?? low, low)
        let oldest = next < high ? try await admin.record(at: place, offset: next, timeout: .seconds(2)) : nil
        return PartitionLag(
            consumer: consumer, topic: place.topic, partition: place.partition, position: position, logEnd: high,
            lag: max(0, high - (position ?? low)), oldestAt: oldest?.timestamp)
    }
}

/// The gauges of lag; one that is unknown is taken away.
final class LagGauges: Sendable {
    private struct Key: Hashable {
        let consumer: String
        let topic: String
        let partition: Int32
    }

    private let gauges = Mutex<[Key: (lag: Gauge, age: Gauge)]>([:])

    func set(_ lags: [PartitionLag], now: Date) {
        for lag in lags {
            let (lagGauge, ageGauge) = pair(lag)
            lagGauge.record(lag.lag)
            ageGauge.record(lag.oldestAt.map { max(0, now.timeIntervalSince($0)) } ?? 0)
        }
    }

    func clear() {
        let old = gauges.withLock { gauges in
            defer { gauges = [:] }
            return Array(gauges.values)
        }
        for (lag, age) in old {
            lag.destroy()
            age.destroy()
        }
    }

    private func pair(_ lag: PartitionLag) -> (lag: Gauge, age: Gauge) {
        let key = Key(consumer: lag.consumer, topic: lag.topic, partition: lag.partition)
        return gauges.withLock { gauges in
            if let known = gauges[key] { return known }
            let dimensions = [
                ("consumer", lag.consumer), ("topic", lag.topic), ("partition", String(lag.partition)),
            ]
            let made = (
                lag: Gauge(label: "hoso_consumer_lag_events", dimensions: dimensions),
                age: Gauge(label: "hoso_consumer_oldest_event_age_seconds", dimensions: dimensions)
            )
            gauges[key] = made
            return made
        }
    }
}
