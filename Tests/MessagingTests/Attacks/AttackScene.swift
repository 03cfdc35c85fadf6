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
    private let versions: Locked<[DossierID: Int64]>
    private let watching: Task<Void, Never>

    private init(keys: Int, brokers: Int, server: PrivatePostgres?) async throws {
        let seed = SeededGenerator.seed
        print("\(Test.current?.name ?? "an attack"): HOSO_TEST_SEED=\(seed)")
        cluster = try MockCluster.start(brokers: brokers, topics: EndToEndTests.topics)
        intake = try await MessagingDatabase.make(on: server)
        routing = try await MessagingDatabase.make(on: server)
        admin = try KafkaAdmin(Self.configuration(cluster), logger: told.logger)
        watch = ClusterWatch(admin: admin, interval: .milliseconds(200), logger: told.logger)
        dossiers = [make].flatMap { make in (0..<keys).map { _ in make.dossier() } }
        random = Locked(SeededGenerator(seed: seed))
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
        return try outbox.insertion(
            of: make.withdrawal(of: dossier, reason: String(version)), key: dossier.value, version: version,
            context: EventContext(now: make.now, ids: make.ids))
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

    // MARK: The end

    /// Waits until the relay has sent all, as its stored position says.
    func untilSent(within limit: Duration = .seconds(20)) async throws {
        try await eventually("everything is sent", within: limit) {
            try await OutboxStanding.read(from: intake.pool, shards: 1, clusterID: watch.lastKnown).unsent == 0
        }
    }

    var places: [TopicPartition] {
        (0..<Int32(Self.topic.partitions)).map { TopicPartition(topic: Self.topic.name, partition: $0) }
    }

    /// How many records the topic has, repeats included.
    func logSize() async throws -> Int { Int(try await ends().values.reduce(0, +)) }

    /// Where the partitions end; right after an election the broker that led before may still be asked.
    private func ends() async throws -> [TopicPartition: Int64] {
        var ends: [TopicPartition: Int64] = [:]
        try await eventually("every partition answers") {
            ends = (try? await admin.endOffsets(of: places, timeout: .seconds(1))) ?? [:]
            return ends.count == places.count
        }
        return ends
    }

    /// The whole topic, partition by partition.
    func log() async throws -> [TopicPartition: [ConsumedRecord]] {
        let (places, ends) = (places, try await ends())
        var log: [TopicPartition: [ConsumedRecord]] = [:]
        while true {
            let open = places.filter { Int64(log[$0]?.count ?? 0) < ends[$0] ?? 0 }
            guard !open.isEmpty else { return log }
            let next = Dictionary(uniqueKeysWithValues: open.map { ($0, Int64(log[$0]?.count ?? 0)) })
            for (place, record) in try await admin.records(from: next) { log[place, default: []].append(record) }
        }
    }

    /// Gives the topic to a consumer, cut into batches as they are drawn: all of it, or what follows `before`.
    func consume(
        _ log: [TopicPartition: [ConsumedRecord]], from before: [TopicPartition: [ConsumedRecord]] = [:],
        by processor: BatchProcessor? = nil
    ) async throws {
        let processor = processor ?? routing.processor(MessagingDatabase.writingDown())
        for (place, records) in log {
            var start = before[place]?.count ?? 0
            while start < records.count {
                let end = min(records.count, start + number(in: 1...9))
                let batch = PartitionBatch(
                    topic: place.topic, partition: place.partition, startOffset: Int64(start),
                    records: Array(records[start..<end]), nextOffset: Int64(end), isFromBeginning: start == 0)
                try await processor.apply(batch, clusterID: "c1")
                start = end
            }
        }
    }

    /// What is broken of I1 and I3 in the topic: an event that is missing, or first appears before an earlier one of
    /// its key. A repeat breaks nothing.
    func faults(in log: [TopicPartition: [ConsumedRecord]]) -> [String] {
        var last: [String: Int64] = [:]
        var faults: [String] = []
        for record in log.values.joined() {
            let key = String(decoding: record.key ?? [], as: UTF8.self)
            let text = String(decoding: record.header(EventHeader.sequence) ?? [], as: UTF8.self)
            guard let version = Int64(text), version > last[key] ?? 0 else { continue }
            if version != (last[key] ?? 0) + 1 { faults.append("\(key): \(version) after \(last[key] ?? 0)") }
            last[key] = version
        }
        for (dossier, version) in versions.withLock({ $0 }) where last[dossier.description] != version {
            faults.append("\(dossier): \(version) is not in the topic")
        }
        return faults
    }

    /// What is broken of I1, I2 and I3 in the effects: each key's events, all of them, once, in order.
    func faultsInEffects() async throws -> [String] {
        let rows = try await routing.pool.query(
            "SELECT dossier, array_agg(sequence ORDER BY n) AS found FROM effects GROUP BY dossier")
        var found: [DossierID: [Int64]] = [:]
        for row in rows { found[try row.get("dossier")] = try row.get("found") }
        return versions.withLock { versions in
            dossiers.filter { found[$0] ?? [] != Array(0..<(versions[$0] ?? 0)).map { $0 + 1 } }
                .map { "\($0): \(found[$0] ?? []) of \(versions[$0] ?? 0)" }
        }
    }

    /// Reads the topic, gives it to a consumer, and expects that nothing is broken.
    func judge() async throws {
        let log = try await log()
        #expect(faults(in: log).isEmpty)
        try await consume(log)
        #expect(try await faultsInEffects().isEmpty)
    }

    func untilApplied(within limit: Duration = .seconds(30)) async throws {
        let expected = Int64(written)
        try await eventually("all of them have their effect", within: limit) {
            try await routing.count("SELECT count(*) FROM effects") >= expected
        }
    }
}

/// What was said in the log, for a test to look at.
final class Told: Sendable {
    private let lines = Locked<[String]>([])

    func count(of text: String) -> Int { lines.withLock { $0.filter { $0.contains(text) }.count } }

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger {
        Logger(label: "attack") { [lines] _ in Handler(lines: lines) }
    }

    private struct Handler: LogHandler {
        let lines: Locked<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            lines.withLock { $0.append("\(event.message) \(all)") }
        }
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
