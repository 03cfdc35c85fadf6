import Contracts
import Foundation
import Kafka
import Logging
import Postgres
import TestStack
import Testing

@testable import Messaging

/// A writing and a reading service with the broker between them, to be attacked, and the promises to be judged by.
///
/// It starts relays and readers one by one, each with an end of its own; what it draws comes from the printed seed.
final class AttackScene: Sendable {
    static let topic = TopicCatalogue.dossiers

    let cluster: MockCluster
    let intake: MessagingDatabase
    let routing: MessagingDatabase
    let outbox = Outbox(service: .intake)
    let admin: KafkaAdmin
    let watch: ClusterWatch
    let told = Told()
    /// The keys that are written, each of its own dossier.
    let dossiers: [DossierID]
    let make = TestBatch()
    private let random: Locked<SeededGenerator>
    /// The last version of each key that was written.
    let versions: Locked<[DossierID: Int64]>
    private let watching: Task<Void, Never>

    private init(keys: Int, brokers: Int, server: PrivatePostgres?) async throws {
        cluster = try MockCluster.start(brokers: brokers, topics: EndToEndTests.topics)
        intake = try await MessagingDatabase.make(on: server)
        routing = try await MessagingDatabase.make(on: server)
        admin = try KafkaAdmin(Self.configuration(cluster), logger: told.logger)
        watch = ClusterWatch(admin: admin, interval: .milliseconds(200), logger: told.logger)
        dossiers = [make].flatMap { make in (0..<keys).map { _ in make.dossier() } }
        random = Locked(SeededGenerator(seed: SeededGenerator.seed))
        versions = Locked([:])
        watching = Task { [watch] in await watch.run() }
    }

    /// Runs a test on a new scene and ends what belongs to it.
    static func run(
        keys: Int = 6, brokers: Int = 1, server: PrivatePostgres? = nil,
        _ body: @Sendable (AttackScene) async throws -> Void
    ) async throws {
        let scene = try await AttackScene(keys: keys, brokers: brokers, server: server)
        defer { scene.watching.cancel() }
        try await body(scene)
    }

    private static func configuration(_ cluster: MockCluster) -> KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: cluster.bootstrapServers, clientID: "attack",
            properties: [
                "fetch.wait.max.ms": "10", "reconnect.backoff.ms": "20", "reconnect.backoff.max.ms": "200",
                "retry.backoff.ms": "10", "topic.metadata.refresh.fast.interval.ms": "50",
                "topic.metadata.refresh.interval.ms": "1000", "session.timeout.ms": "6000",
                "heartbeat.interval.ms": "300",
            ])
    }

    var kafka: KafkaConfiguration { Self.configuration(cluster) }

    func draw<R>(_ body: (inout SeededGenerator) -> R) -> R { random.withLock { body(&$0) } }

    func number(in range: ClosedRange<Int>) -> Int { draw { Int.random(in: range, using: &$0) } }

    // MARK: Writing

    /// The statement of the next event of a key, and the version it bears.
    func event(of dossier: DossierID) throws -> SQL {
        let version = versions.withLock { versions in
            versions[dossier, default: 0] += 1
            return versions[dossier, default: 0]
        }
        return outbox.insertion([
            try outbox.entry(
                of: make.withdrawal(of: dossier, reason: String(version)), key: dossier.value, version: version,
                context: EventContext(now: make.now, ids: make.ids))
        ])
    }

    /// Commits so many events, each in a transaction of its own, of one key or of keys as they are drawn.
    func write(_ count: Int, of dossier: DossierID? = nil) async throws {
        for _ in 0..<count {
            let key = dossier ?? draw { dossiers.randomElement(using: &$0) } ?? make.dossier()
            let statement = try event(of: key)
            try await intake.pool.transaction { [outbox] transaction in
                try await transaction.execute(statement)
                outbox.wakeRelay(after: transaction)
            }
        }
    }

    /// Commits one event of each of the keys in one transaction.
    func writeAtOnce(
        _ keys: [DossierID], _ also: @escaping @Sendable (PostgresTransaction) async throws -> Void = { _ in }
    ) async throws {
        let statements = try keys.map(event)
        try await intake.pool.transaction { [outbox] transaction in
            _ = try await transaction.pipeline(statements)
            try await also(transaction)
            outbox.wakeRelay(after: transaction)
        }
    }

    var written: Int { versions.withLock { Int($0.values.reduce(0, +)) } }

    // MARK: Relays and readers

    /// A relay; it runs until its task is cancelled.
    func relay(
        page: Int = 2_000, connection: PostgresConfiguration? = nil, gate: ConnectionGate? = nil
    ) -> (relay: Relay, task: Task<Void, any Error>) {
        let (watch, kafka, logger) = (watch, kafka, told.logger)
        var limits = RelayLimits()
        limits.page = page
        limits.leadRetry = .milliseconds(50)
        limits.operatorPoll = .milliseconds(100)
        let relay = Relay(
            service: .intake, shard: 0, connection: connection ?? intake.configuration, cluster: watch,
            topics: TopicWait(
                provisioner: TopicProvisioner(admin: admin), own: TopicCatalogue.owned(by: .intake), read: [],
                logger: logger),
            makeProducer: { try KafkaProducer(kafka, gate: gate ?? watch.gate(to: $0), logger: logger) },
            committed: outbox.committed, limits: limits, logger: logger, status: RelayStatus(shard: 0))
        return (relay, Task { try await relay.run() })
    }

    /// A reader of the topic; it runs until its task is cancelled.
    func reader(
        _ processor: BatchProcessor? = nil, group: String = "hoso.routing.dossiers"
    ) -> (runner: ConsumerRunner, task: Task<Void, Never>) {
        let runner = ConsumerRunner(
            processor: processor ?? routing.processor(MessagingDatabase.writingDown()), kafka: kafka, groupID: group,
            cluster: watch, status: ConsumerStatus(), logger: told.logger)
        return (runner, Task { await runner.run() })
    }
}

extension MessagingDatabase {
    /// Makes every transaction that writes into a table wait at its commit until the connection is closed.
    func heldAtCommit(of table: String) async throws -> PostgresConnection {
        let guardian = try await PostgresConnection.open(configuration, logger: logger)
        try await guardian.executeScript(
            """
            CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON \(table) DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
            SELECT pg_advisory_lock(42);
            """)
        return guardian
    }

    /// How many transactions wait at their commit.
    func waitingCommits() async throws -> Int64 {
        try await count(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND query = 'COMMIT' AND wait_event_type = 'Lock'
            """)
    }
}
