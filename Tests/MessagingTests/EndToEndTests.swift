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

    func kafka(_ cluster: MockCluster) -> KafkaConfiguration {
        KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, clientID: "test")
    }

    func runtime(
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
    func running(_ runtimes: [MessagingRuntime], _ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for runtime in runtimes { group.addTask { try await runtime.run() } }
            try await body()
            group.cancelAll()
        }
    }

    func withdraw(
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
            try await eventually("all four arrive") {
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
                try await eventually("the late one arrives meanwhile") {
                    try await routing.effects() == ["late"]
                }
            }
            try await eventually("the early one arrives too") {
                try await routing.effects() == ["late", "early"]
            }
        }
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

    /// The versions in a topic with one key, in the order of its log.
    func sequences(in topic: Topic, _ admin: KafkaAdmin) async throws -> [String] {
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
}
