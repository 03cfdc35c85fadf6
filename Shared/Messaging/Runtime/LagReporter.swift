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
    ///
    /// In its first minute it looks more often: until a copy was level once, nothing may be decided by it.
    func run() async {
        var unseen = Set(consumers.map(\.name))
        let settled = ContinuousClock.now + .seconds(60)
        while !Task.isCancelled {
            do {
                let now = time.now
                let measured = try await measureAll()
                gauges.set(measured.flatMap(\.lags), now: now)
                for consumer in measured where consumer.isLevel {
                    ages.note(consumer.name, levelAt: now)
                    unseen.remove(consumer.name)
                }
            } catch {
                // Unknown is absent, never 0.
                gauges.clear()
                logger.debug("lag unknown", metadata: ["error": "\(error)"])
            }
            let isStarting = !unseen.isEmpty && ContinuousClock.now < settled
            try? await Task.sleep(for: isStarting ? min(interval, .milliseconds(500)) : interval)
        }
    }

    func measure() async throws -> [PartitionLag] { try await measureAll().flatMap(\.lags) }

    /// A consumer's lag everywhere, and whether it has all that its topics hold.
    struct ConsumerLag {
        let name: String
        let lags: [PartitionLag]
        /// Every partition is there and applied to its end. A partition that was read in another cluster and holds
        /// nothing in this one proves nothing: a broker that was lost is being filled again.
        let isLevel: Bool
    }

    func measureAll() async throws -> [ConsumerLag] {
        let clusterID = try await cluster.current()
        let partitions = Dictionary(
            try await admin.listTopics(timeout: .seconds(2)).map { ($0.name, Int32($0.partitions)) },
            uniquingKeysWith: { first, _ in first })
        let places = Set(consumers.flatMap(\.places)).filter { $0.partition < partitions[$0.topic] ?? 0 }
        let ends = try await admin.endOffsets(of: places.sorted(), timeout: .seconds(2))
        var measured: [ConsumerLag] = []
        for consumer in consumers {
            measured.append(try await lag(of: consumer, ends: ends, clusterID: clusterID))
        }
        return measured
    }

    private func lag(
        of consumer: ConsumerDefinition, ends: [TopicPartition: Int64], clusterID: String
    ) async throws -> ConsumerLag {
        let standings = try await standings(of: consumer, clusterID: clusterID)
        var next: [TopicPartition: Int64] = [:]
        for place in consumer.places {
            guard let end = ends[place] else { continue }
            if let position = standings[place]?.position {
                next[place] = position
            } else {
                next[place] = end == 0 ? 0 : try await admin.watermarks(place, timeout: .seconds(2)).low
            }
        }
        let behind = next.filter { $0.value < ends[$0.key] ?? 0 }
        // An age that cannot be read in time is unknown; the lag itself is known.
        let oldest = (try? await admin.records(from: behind, timeout: .seconds(2))) ?? [:]
        let lags = consumer.places.compactMap { place -> PartitionLag? in
            guard let end = ends[place], let next = next[place] else { return nil }
            return PartitionLag(
                consumer: consumer.name, topic: place.topic, partition: place.partition,
                position: standings[place]?.position, logEnd: end, lag: max(0, end - next),
                oldestAt: oldest[place]?.timestamp)
        }
        let isLevel =
            lags.count == consumer.places.count && lags.allSatisfy { $0.lag == 0 }
            && consumer.places.allSatisfy {
                standings[$0]?.position != nil || standings[$0]?.wasReadElsewhere == false
            }
        return ConsumerLag(name: consumer.name, lags: lags, isLevel: isLevel)
    }

    /// Where a consumer stands in one partition.
    private struct Standing {
        let position: Int64?
        let wasReadElsewhere: Bool
    }

    private func standings(
        of consumer: ConsumerDefinition, clusterID: String
    ) async throws -> [TopicPartition: Standing] {
        let places = consumer.places
        let rows = try await pool.query(
            """
            SELECT p.topic, p.partition, here.next_offset, elsewhere IS NOT NULL AS elsewhere
            FROM unnest(\(places.map(\.topic)), \(places.map(\.partition))) AS p (topic, partition)
            LEFT JOIN LATERAL (
                SELECT next_offset FROM consumer_positions c
                WHERE c.consumer = \(consumer.name) AND c.topic = p.topic AND c.partition = p.partition
                  AND c.cluster_id = \(clusterID)
                ORDER BY id DESC LIMIT 1) here ON true
            LEFT JOIN LATERAL (
                SELECT true FROM consumer_positions c
                WHERE here.next_offset IS NULL AND c.consumer = \(consumer.name) AND c.topic = p.topic
                  AND c.partition = p.partition
                LIMIT 1) elsewhere ON true
            """)
        return Dictionary(
            try rows.map { row in
                (
                    TopicPartition(topic: try row.get("topic"), partition: try row.get("partition")),
                    Standing(
                        position: try row.get("next_offset"), wasReadElsewhere: try row.get("elsewhere"))
                )
            }, uniquingKeysWith: { first, _ in first })
    }
}

extension PartitionLag {
    /// Seconds since the oldest event not applied happened; 0 without one, `nil` when that is unknown.
    fileprivate func age(now: Date) -> Double? {
        lag == 0 ? 0 : oldestAt.map { max(0, now.timeIntervalSince($0)) }
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
            if let age = lag.age(now: now) { ageGauge.record(age) }
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
