public import Contracts
public import Kafka
public import Logging
public import Postgres

/// Empties the projections of a service and fills them again from the topics.
///
/// It has no outbox and no adapter to the outside: whatever the handlers do, nothing leaves the schema. The service may
/// run meanwhile: its own readers find that their place is gone and begin again too, and whoever comes first moves on.
public struct Replay: Sendable {
    private let consumers: [ConsumerDefinition]
    private let pool: PostgresPool
    private let kafka: KafkaConfiguration
    private let time: any TimeSource
    private let logger: Logger

    public init(
        consumers: [ConsumerDefinition], pool: PostgresPool, kafka: KafkaConfiguration, time: any TimeSource,
        logger: Logger
    ) {
        self.consumers = consumers.filter(\.kind.isProjection)
        self.pool = pool
        self.kafka = kafka
        self.time = time
        self.logger = logger
    }

    /// Rebuilds every projection up to what the topics held at the start; answers the names of the consumers.
    public func run() async throws -> [String] {
        for consumer in consumers { try await rebuild(consumer) }
        return consumers.map(\.name)
    }

    private func rebuild(_ definition: ConsumerDefinition) async throws {
        let admin = try KafkaAdmin(kafka, logger: logger)
        do {
            try await rebuild(definition, asking: admin)
        } catch {
            await admin.close()
            throw error
        }
        await admin.close()
    }

    private func rebuild(_ definition: ConsumerDefinition, asking admin: KafkaAdmin) async throws {
        let cluster = ClusterWatch(admin: admin, logger: logger)
        let rules = ConsumerRules()
        let runner = ConsumerRunner(
            processor: BatchProcessor(
                definition: definition, pool: pool, outbox: nil, time: time, rules: rules,
                metrics: ConsumerMetrics(consumer: definition.name), parkingGuard: ParkingGuard(rules, time: time),
                retryDue: Signal()),
            kafka: kafka, groupID: "hoso.\(definition.name).replay", cluster: cluster, status: ConsumerStatus(),
            logger: logger)
        try await empty(definition)
        let retry = RetryWorker(processor: runner.processor, logger: logger, poll: .milliseconds(200))
        let lag = LagReporter(
            consumers: [definition], pool: pool, admin: admin, cluster: cluster, time: time, interval: .seconds(1),
            gauges: LagGauges(), ages: ProjectionAges(), logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await cluster.run() }
            group.addTask { await runner.run() }
            group.addTask { await retry.run() }
            let ends = try await lag.measure().map { ($0.place, $0.logEnd) }
            while true {
                let lags = Dictionary(uniqueKeysWithValues: try await lag.measure().map { ($0.place, $0) })
                if ends.allSatisfy({ place, end in
                    end == 0 || (lags[place]?.position ?? 0) >= end || lags[place]?.lag == 0
                }) {
                    break
                }
                if case .stopped(let reason) = runner.status.state { throw MessagingError.unexpected(reason) }
                try await Task.sleep(for: .milliseconds(200))
            }
            group.cancelAll()
        }
        logger.notice("projection rebuilt", metadata: ["consumer": "\(definition.name)"])
    }

    func empty(_ definition: ConsumerDefinition) async throws {
        guard case .projection(let tables) = definition.kind else { return }
        let store = ConsumerStore(consumer: definition.name)
        try await pool.transaction { transaction in
            // Nobody is in the middle of a batch: its position would outlive what it stands for.
            for place in definition.places {
                try store.lock(topic: place.topic, partition: place.partition, in: transaction)
            }
            // The keys' rows first, as everybody who works on a key takes them.
            for table in ["parked_keys", "parked_messages", "inbox", "consumer_positions"] {
                try await transaction.execute("DELETE FROM \(identifier: table) WHERE consumer = \(definition.name)")
            }
            for table in tables { try await transaction.execute("DELETE FROM \(identifier: table)") }
        }
    }
}

extension PartitionLag {
    fileprivate var place: TopicPartition { TopicPartition(topic: topic, partition: partition) }
}
