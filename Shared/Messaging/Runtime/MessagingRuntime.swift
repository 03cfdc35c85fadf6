public import Contracts
public import Kafka
public import Logging
public import Postgres
public import ServiceLifecycle

/// Everything a service runs to take part in messaging: its relays, its consumers, their retries and upkeep.
public struct MessagingRuntime: Service {
    private let consumers: [ConsumerDefinition]
    private let pool: PostgresPool
    private let cluster: ClusterWatch
    private let relays: [Relay]
    private let runners: [ConsumerRunner]
    private let retries: [RetryWorker]
    private let maintenance: Maintenance
    private let lag: LagReporter
    private let topics: TopicWait
    private let admin: KafkaAdmin
    private let outbox: Outbox
    private let logger: Logger

    /// - Parameter connection: for the relays, each of which holds a connection outside the pool.
    public init(
        outbox: Outbox, consumers: [ConsumerDefinition], pool: PostgresPool, connection: PostgresConfiguration,
        kafka: KafkaConfiguration, rules: ConsumerRules = ConsumerRules(), ages: ProjectionAges = ProjectionAges(),
        time: any TimeSource, logger: Logger
    ) throws {
        self.consumers = consumers
        self.pool = pool
        self.outbox = outbox
        self.logger = logger
        let admin = try KafkaAdmin(kafka, logger: logger)
        self.admin = admin
        let cluster = ClusterWatch(admin: admin, logger: logger)
        self.cluster = cluster
        let topics = TopicWait(
            provisioner: TopicProvisioner(admin: admin), own: TopicCatalogue.owned(by: outbox.service),
            read: consumers.flatMap(\.topics), logger: logger)
        self.topics = topics
        relays = (0..<Int16(outbox.shards)).map { shard in
            Relay(
                service: outbox.service, shard: shard, connection: connection, cluster: cluster, topics: topics,
                makeProducer: { clusterID in
                    try KafkaProducer(kafka, gate: cluster.gate(to: clusterID), logger: logger)
                }, committed: outbox.committed,
                limits: RelayLimits(), logger: logger, status: RelayStatus(shard: shard))
        }
        let runners = consumers.map { definition in
            ConsumerRunner(
                processor: BatchProcessor(
                    definition: definition, pool: pool, outbox: outbox, time: time, rules: rules,
                    metrics: ConsumerMetrics(consumer: definition.name),
                    parkingGuard: ParkingGuard(rules, time: time), retryDue: Signal()),
                kafka: kafka, groupID: "hoso.\(definition.name)", cluster: cluster, status: ConsumerStatus(),
                logger: logger.with("consumer", definition.name))
        }
        self.runners = runners
        retries = runners.map { RetryWorker(processor: $0.processor, logger: $0.logger, poll: .seconds(1)) }
        maintenance = Maintenance(
            pool: pool, consumers: consumers, rules: rules, clusterID: { cluster.lastKnown }, logger: logger)
        lag = LagReporter(
            consumers: consumers, pool: pool, admin: admin, cluster: cluster, time: time, interval: .seconds(5),
            gauges: LagGauges(), ages: ages, logger: logger)
    }

    /// Runs until the service shuts down; once, for its client is closed then.
    public func run() async throws {
        do {
            try await runParts()
        } catch {
            await admin.close()
            throw error
        }
        // The client's threads end before the process does: they and the process's end would tidy up OpenSSL together.
        await admin.close()
    }

    private func runParts() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await cluster.run() }
                for retry in retries { group.addTask { await retry.run() } }
                group.addTask { await maintenance.run() }
                group.addTask { await lag.run() }
                group.addTask { try await serveTopics() }
                try await group.waitForAll()
            }
        }
    }

    /// What sends and reads, once the topics are known to be right.
    private func serveTopics() async throws {
        do { try await topics.wait() } catch is CancellationError { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for relay in relays { group.addTask { try await relay.run() } }
            for runner in runners { group.addTask { await runner.run() } }
            try await group.waitForAll()
        }
    }

    /// How messaging stands, for readiness.
    public var standing: MessagingStanding {
        MessagingStanding(
            isBrokerReachable: cluster.isReachable, clusterID: cluster.lastKnown, missingTopics: topics.missing,
            isRelayLeading: relays.allSatisfy { $0.status.isLeading },
            consumers: Dictionary(uniqueKeysWithValues: runners.map { ($0.definition.name, $0.status.state.text) }))
    }

    /// The unsent and blocked events of this service.
    public func outboxStanding() async throws -> OutboxStanding {
        try await OutboxStanding.read(from: pool, shards: outbox.shards, clusterID: cluster.lastKnown)
    }

    /// Lag of every consumer and partition, measured now.
    public func lags() async throws -> [PartitionLag] { try await lag.measure() }
}

/// A moment's view of messaging.
public struct MessagingStanding: Codable, Sendable {
    public let isBrokerReachable: Bool
    public let clusterID: String?
    /// The service's own topics that the broker does not have; nothing is sent or read before it does.
    public let missingTopics: [String]
    /// Whether this process sends the service's events; another one of the same service may.
    public let isRelayLeading: Bool
    /// `starting`, `running`, `waiting: …` or `stopped: …`, by consumer.
    public let consumers: [String: String]

    public var stoppedConsumers: [String] {
        consumers.filter { $0.value.hasPrefix("stopped") }.map { "\($0.key): \($0.value)" }.sorted()
    }
}

extension ConsumerStatus.State {
    var text: String {
        switch self {
        case .starting: "starting"
        case .running: "running"
        case .waiting(let reason): "waiting: \(reason)"
        case .stopped(let reason): "stopped: \(reason)"
        }
    }
}

extension Logger {
    fileprivate func with(_ key: String, _ value: String) -> Logger {
        var copy = self
        copy[metadataKey: key] = "\(value)"
        return copy
    }
}
