import Contracts
import Foundation
import Kafka
import Logging
import Postgres
import TestStack
import Testing

@testable import Messaging

/// Outbox to inbox over a broker: two services, each with a database of its own.
@Suite("From outbox to inbox", .serialized)
struct EndToEndTests {
    let make = TestBatch()
    static let topics = Dictionary(
        uniqueKeysWithValues: [ServiceName.intake, .routing].flatMap(TopicCatalogue.owned).map {
            ($0.name, $0.partitions)
        })

    private func kafka(_ cluster: MockCluster) -> KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, clientID: "test")
    }

    private func runtime(
        _ service: ServiceName, _ database: MessagingDatabase, _ kafka: KafkaConfiguration,
        _ consumers: [ConsumerDefinition] = []
    ) throws -> (runtime: MessagingRuntime, outbox: Outbox) {
        let outbox = Outbox(service: service)
        return (
            try MessagingRuntime(
                outbox: outbox, consumers: consumers, pool: database.pool, connection: database.configuration,
                kafka: kafka, time: SystemTimeSource(), logger: database.logger), outbox
        )
    }

    /// Runs services while `body` works, and ends them afterwards.
    private func running(_ runtimes: [MessagingRuntime], _ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for runtime in runtimes { group.addTask { try await runtime.run() } }
            try await body()
            group.cancelAll()
        }
    }

    private func withdraw(
        _ reasons: [String], _ dossier: DossierID, _ database: MessagingDatabase, _ outbox: Outbox,
        firstVersion: Int64 = 1
    ) async throws {
        for (index, reason) in reasons.enumerated() {
            try await database.pool.transaction { transaction in
                try await outbox.append(
                    make.withdrawal(of: dossier, reason: reason), key: dossier.value,
                    version: firstVersion + Int64(index),
                    context: EventContext(now: SystemTimeSource().now, ids: SystemIDSource()), in: transaction)
            }
        }
    }

    @Test("what is committed arrives once and in order, what is rolled back never")
    func thread() async throws {
        let cluster = try MockCluster.start(topics: Self.topics)
        let intake = try await MessagingDatabase.make()
        let routing = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, kafka(cluster))
        let reader = try runtime(.routing, routing, kafka(cluster), [MessagingDatabase.writingDown()])
        let dossier = make.dossier()
        try await running([writer.runtime, reader.runtime]) {
            try await withdraw(["1", "2", "3"], dossier, intake, writer.outbox)
            await #expect(throws: CancellationError.self) {
                try await intake.pool.transaction { transaction in
                    try await writer.outbox.append(
                        make.withdrawal(of: dossier, reason: "never"), key: dossier.value, version: 4,
                        context: EventContext(now: SystemTimeSource().now, ids: SystemIDSource()), in: transaction)
                    throw CancellationError()
                }
            }
            try await withdraw(["4"], dossier, intake, writer.outbox, firstVersion: 4)
            try await eventually("all four arrive", within: .seconds(20)) {
                try await routing.effects() == ["1", "2", "3", "4"]
            }
        }
    }

    @Test("a transaction that commits after one with higher row numbers is not skipped")
    func outOfOrder() async throws {
        FaultRecord.note("D8", "transactions that commit out of the order of their rows")
        let cluster = try MockCluster.start(topics: Self.topics)
        let intake = try await MessagingDatabase.make()
        let routing = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, kafka(cluster))
        let reader = try runtime(.routing, routing, kafka(cluster), [MessagingDatabase.writingDown()])
        let (early, late) = (make.dossier(), make.dossier())
        try await running([writer.runtime, reader.runtime]) {
            // The early one draws its row number first and commits last.
            try await intake.pool.transaction { transaction in
                try await writer.outbox.append(
                    make.withdrawal(of: early, reason: "early"), key: early.value, version: 1,
                    context: EventContext(now: SystemTimeSource().now, ids: SystemIDSource()), in: transaction)
                try await withdraw(["late"], late, intake, writer.outbox)
                try await eventually("the late one arrives meanwhile", within: .seconds(20)) {
                    try await routing.effects() == ["late"]
                }
            }
            try await eventually("the early one arrives too", within: .seconds(20)) {
                try await routing.effects() == ["late", "early"]
            }
        }
    }

    @Test("a large window is sent page by page without a gap")
    func pages() async throws {
        let cluster = try MockCluster.start(topics: Self.topics)
        let intake = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, kafka(cluster))
        let count = 5_000
        try await intake.pool.transaction { transaction in
            for start in stride(from: 0, to: count, by: 500) {
                let statements = try (start..<start + 500).map { _ in
                    let dossier = make.dossier()
                    return try writer.outbox.insertion(
                        of: make.withdrawal(of: dossier), key: dossier.value, version: 1,
                        context: EventContext(now: SystemTimeSource().now, ids: SystemIDSource()))
                }
                _ = try await transaction.pipeline(statements)
            }
        }
        let admin = try KafkaAdmin(kafka(cluster), logger: intake.logger)
        try await running([writer.runtime]) {
            try await eventually("everything is in the topic", within: .seconds(20)) {
                var sum: Int64 = 0
                for partition in 0..<Int32(TopicCatalogue.dossiers.partitions) {
                    let place = TopicPartition(topic: TopicCatalogue.dossiers.name, partition: partition)
                    sum += try await admin.watermarks(place).high
                }
                return sum == Int64(count)
            }
            try await eventually("nothing is left", within: .seconds(5)) {
                try await writer.runtime.outboxStanding().unsent == 0
            }
        }
        await admin.close()
    }

    @Test("of two relays one leads; when it ends the other takes over")
    func leadership() async throws {
        FaultRecord.note("C8", "two relays of one service, the leading one ended")
        let cluster = try MockCluster.start(topics: Self.topics)
        let intake = try await MessagingDatabase.make()
        let first = try runtime(.intake, intake, kafka(cluster))
        let second = try runtime(.intake, intake, kafka(cluster))
        try await running([second.runtime]) {
            try await eventually("the second leads while alone", within: .seconds(10)) {
                second.runtime.standing.isRelayLeading
            }
            try await running([first.runtime]) {
                try await withdraw(["1"], make.dossier(), intake, first.outbox)
                try await eventually("sent by the leader", within: .seconds(10)) {
                    try await second.runtime.outboxStanding().unsent == 0
                }
                #expect(!first.runtime.standing.isRelayLeading)
            }
        }
        try await running([first.runtime]) {
            try await eventually("the first leads now", within: .seconds(15)) {
                first.runtime.standing.isRelayLeading
            }
        }
    }

    @Test("state that an interrupted relay may have written late is the last in its topic again")
    func lateState() async throws {
        FaultRecord.note("K4", "a relay interrupted while its records may have been written")
        let members = TopicCatalogue.members
        let own = TopicCatalogue.owned(by: .directory)
        let cluster = try MockCluster.start(
            topics: Dictionary(uniqueKeysWithValues: own.map { ($0.name, $0.partitions) }))
        let directory = try await MessagingDatabase.make()
        let writer = try runtime(.directory, directory, kafka(cluster))
        let key = make.dossier().value
        /// The state of an aggregate, as nothing but the relay looks at it.
        @Sendable func write(_ version: Int64) async throws {
            try await directory.pool.execute(
                """
                INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
                VALUES (0, \(members.name), \(key), \(version), false, \(make.ids.next(at: make.now)), 'test', now(), '{}')
                """)
        }
        let admin = try KafkaAdmin(kafka(cluster), logger: directory.logger)
        try await running([writer.runtime]) {
            try await write(1)
            try await eventually("sent", within: .seconds(20)) {
                try await sequences(in: members, admin) == ["1"]
            }
            // The answer of the broker is slow; meanwhile the server ends the leader's session.
            try cluster.setRoundTrip(3_000)
            try await write(2)
            try await eventually("on its way") {
                try await directory.count(
                    """
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name LIKE '%.relay'
                      AND query = 'SELECT 1' AND state = 'idle'
                    """) > 0
            }
            try await eventually("noted", within: .seconds(20)) {
                try await directory.count("SELECT count(*) FROM relay_again") == 1
            }
            try cluster.setRoundTrip(0)
            try await eventually("said again, and settled", within: .seconds(20)) {
                try await directory.count("SELECT count(*) FROM relay_again") == 0
            }
            #expect(try await sequences(in: members, admin).last == "2")
        }
        await admin.close()
    }

    @Test("nothing is sent before the service's own topics are there, and then to the shape of the catalogue")
    func missingTopics() async throws {
        FaultRecord.note("K12", "the service's own topics are not there at the start")
        let cluster = try MockCluster()
        let intake = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, kafka(cluster))
        let admin = try KafkaAdmin(kafka(cluster), logger: intake.logger)
        try await running([writer.runtime]) {
            try await withdraw(["1"], make.dossier(), intake, writer.outbox)
            let own = TopicCatalogue.owned(by: .intake).map(\.name)
            try await eventually("they are missed", within: .seconds(10)) {
                writer.runtime.standing.missingTopics == own
            }
            #expect(try await admin.listTopics().isEmpty)
            for (name, partitions) in Self.topics { try cluster.createTopic(name, partitions: partitions) }
            try await eventually("sent", within: .seconds(10)) {
                try await writer.runtime.outboxStanding().unsent == 0
            }
        }
        await admin.close()
    }

    @Test("a copy is level only when it has read all that this cluster holds, and held elsewhere")
    func level() async throws {
        let cluster = try MockCluster.start(topics: Self.topics)
        let database = try await MessagingDatabase.make()
        let watch = ClusterWatch(
            admin: try KafkaAdmin(kafka(cluster), logger: database.logger), logger: database.logger)
        func isLevel(_ topics: [Topic]) async throws -> Bool? {
            let consumer = ConsumerDefinition(name: "routing.dossiers", topics: topics, kind: .effects)
            return try await LagReporter(
                consumers: [consumer], pool: database.pool,
                admin: try KafkaAdmin(kafka(cluster), logger: database.logger), cluster: watch, time: database.time,
                interval: .seconds(1), gauges: LagGauges(), ages: ProjectionAges(), logger: database.logger
            ).measureAll().first?.isLevel
        }
        let watching = Task { await watch.run() }
        #expect(try await isLevel([TopicCatalogue.dossiers]) == true)
        #expect(
            try await isLevel([TopicCatalogue.dossiers, TopicCatalogue.operations(of: .dues)]) == false,
            "a topic is missing")
        try await database.pool.execute(
            """
            INSERT INTO consumer_positions (consumer, topic, partition, cluster_id, next_offset)
            VALUES ('routing.dossiers', \(TopicCatalogue.dossiers.name), 3, 'a lost one', 5)
            """)
        #expect(try await isLevel([TopicCatalogue.dossiers]) == false, "the broker is being filled again")
        watching.cancel()
        await watching.value
    }

    @Test("what was on its way when a broker was lost does not come before what it follows in the new one")
    func orderInEmptiedBroker() async throws {
        FaultRecord.note("K12", "the broker replaced by an empty one with records on their way")
        let port = try freePort()
        var cluster: MockCluster? = try MockCluster(brokers: 1, firstPort: port)
        func createTopics() throws {
            for (name, partitions) in Self.topics { try cluster?.createTopic(name, partitions: partitions) }
        }
        try createTopics()
        let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:\(port)", clientID: "test")
        let intake = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, configuration)
        let dossier = make.dossier()
        let running = Task { try await writer.runtime.run() }
        defer { running.cancel() }
        try await withdraw((1...6).map(String.init), dossier, intake, writer.outbox)
        try await eventually("all sent", within: .seconds(20)) {
            try await writer.runtime.outboxStanding().unsent == 0
        }
        let before = writer.runtime.standing.clusterID
        cluster = nil
        try await withdraw(["7", "8"], dossier, intake, writer.outbox, firstVersion: 7)
        let placeholders = try await clusters(until: before, logger: intake.logger)
        cluster = try MockCluster(brokers: 1, firstPort: port)
        try createTopics()
        let admin = try KafkaAdmin(configuration, logger: intake.logger)
        var log: [String] = []
        try await eventually("the new broker has all of it", within: .seconds(40)) {
            log = try await sequences(in: TopicCatalogue.dossiers, admin)
            return Set(log).count == 8
        }
        #expect(log == (1...8).map(String.init))
        await admin.close()
        running.cancel()
        _ = await running.result
        withExtendedLifetime((cluster, placeholders)) {}
    }

    /// The versions in a topic with one key, in the order of its log.
    private func sequences(in topic: Topic, _ admin: KafkaAdmin) async throws -> [String] {
        var found: [String] = []
        for partition in 0..<Int32(topic.partitions) {
            let place = TopicPartition(topic: topic.name, partition: partition)
            for offset in 0..<(try await admin.watermarks(place).high) {
                let record = try await admin.record(at: place, offset: offset)
                found.append(
                    record.flatMap {
                        String(
                            decoding: $0.headers.first { $0.name == EventHeader.sequence }?.value ?? [], as: UTF8.self)
                    } ?? "?")
            }
        }
        return found
    }

    @Test("a broker that comes back empty is filled again from the outbox, and the inbox absorbs the repeats")
    func emptiedBroker() async throws {
        FaultRecord.note("K12", "the broker replaced by an empty one: refilled from the outbox")
        let port = try freePort()
        var cluster: MockCluster? = try MockCluster(brokers: 1, firstPort: port)
        for (name, partitions) in Self.topics { try cluster?.createTopic(name, partitions: partitions) }
        let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:\(port)", clientID: "test")
        let intake = try await MessagingDatabase.make()
        let routing = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, configuration)
        let reader = try runtime(.routing, routing, configuration, [MessagingDatabase.writingDown()])
        let dossier = make.dossier()
        let tasks = [writer.runtime, reader.runtime].map { runtime in Task { try await runtime.run() } }
        defer { for task in tasks { task.cancel() } }
        try await withdraw(["1", "2"], dossier, intake, writer.outbox)
        try await eventually("both arrive", within: .seconds(20)) { try await routing.effects() == ["1", "2"] }
        let before = writer.runtime.standing.clusterID
        cluster = nil
        let placeholders = try await clusters(until: before, logger: intake.logger)
        cluster = try MockCluster(brokers: 1, firstPort: port)
        for (name, partitions) in Self.topics { try cluster?.createTopic(name, partitions: partitions) }
        try await withdraw(["3"], dossier, intake, writer.outbox, firstVersion: 3)
        try await eventually("the third arrives, the others not again", within: .seconds(40)) {
            try await routing.effects() == ["1", "2", "3"]
        }
        #expect(writer.runtime.standing.clusterID != before)
        let admin = try KafkaAdmin(configuration, logger: intake.logger)
        var again: Int64 = 0
        for partition in 0..<Int32(TopicCatalogue.dossiers.partitions) {
            let place = TopicPartition(topic: TopicCatalogue.dossiers.name, partition: partition)
            again += try await admin.watermarks(place).high
        }
        #expect(again >= 3, "the new broker holds everything again")
        await admin.close()
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        withExtendedLifetime((cluster, placeholders)) {}
    }

    /// The embedded cluster's id is made of its place in memory, so one made right after another was freed may bear the
    /// same. Clusters are made until one has taken that place.
    private func clusters(until id: String?, logger: Logger) async throws -> [MockCluster] {
        var made: [MockCluster] = []
        var found: String?
        while found != id, made.count < 16 {
            let cluster = try MockCluster()
            let admin = try KafkaAdmin(kafka(cluster), logger: logger)
            found = try await admin.clusterID(timeout: .seconds(5))
            await admin.close()
            made.append(cluster)
        }
        return made
    }
}
