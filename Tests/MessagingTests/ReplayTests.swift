import Contracts
import Foundation
import Postgres
import TestStack
import Testing

@testable import Kafka
@testable import Messaging

@Suite("Replay of projections", .serialized)
struct ReplayTests {
    private let make = TestBatch()
    private let place = TopicPartition(topic: TopicCatalogue.dossiers.name, partition: 0)

    private var projection: ConsumerDefinition {
        ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .projection(tables: ["effects"])
        ).on(DossierWithdrawn.self) { message, scope in
            try await scope.transaction.execute("INSERT INTO effects (reason) VALUES (\(message.payload.reason))")
        }
    }

    private func replay(_ database: MessagingDatabase, _ cluster: MockCluster) -> Replay {
        Replay(
            consumers: [projection], pool: database.pool,
            kafka: KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, clientID: "replay"),
            time: SystemTimeSource(), logger: database.logger)
    }

    @Test("a projection is emptied and filled again while its service runs")
    func besideService() async throws {
        FaultRecord.note("K13", "a projection emptied and filled again while its service runs")
        let cluster = try MockCluster.start(topics: EndToEndTests.topics)
        let kafka = KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, clientID: "replayed")
        let database = try await MessagingDatabase.make()
        let producer = try KafkaProducer(kafka, logger: database.logger)
        let dossier = make.dossier()
        let reasons = (1...5).map(String.init)
        for (index, reason) in reasons.enumerated() {
            let record = try make.record(
                make.withdrawal(of: dossier, reason: reason), version: Int64(index + 1))
            _ = try await producer.send(
                KafkaRecord(
                    topic: record.topic, partition: 0, key: record.key, value: record.value, headers: record.headers,
                    timestamp: record.timestamp))
        }
        await producer.close()
        let runtime = try MessagingRuntime(
            outbox: Outbox(service: .routing), consumers: [projection], pool: database.pool,
            connection: database.configuration, kafka: kafka, time: SystemTimeSource(), logger: database.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runtime.run() }
            try await eventually("filled") { try await database.effects() == reasons }
            try await database.pool.execute("UPDATE effects SET reason = 'spoilt'")
            let rebuilt = try await replay(database, cluster).run()
            // The process of the command ends next.
            #expect(LiveHandles.count(clientID: "replay", [.client]) == 0)
            #expect(rebuilt == ["routing.dossiers"])
            #expect(try await database.effects() == reasons)
            group.cancelAll()
        }
        #expect(LiveHandles.count(clientID: "replayed", [.client]) == 0)
    }

    @Test("nobody's batch is in the middle when a projection is emptied: no position outlives it")
    func emptiesBetweenBatches() async throws {
        let cluster = try MockCluster.start(topics: EndToEndTests.topics)
        let database = try await MessagingDatabase.make()
        let store = ConsumerStore(consumer: projection.name)
        let emptying = try await database.pool.transaction { transaction in
            try store.lock(topic: place.topic, partition: 0, in: transaction)
            try await transaction.flush()
            let emptying = Task { try await replay(database, cluster).empty(projection) }
            try await eventually("it waits for the batch") {
                try await database.count(
                    """
                    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """)
                    == 1
            }
            try store.move(place, to: 7, clusterID: "c1", in: transaction)
            return emptying
        }
        try await emptying.value
        #expect(try await database.position(of: projection.name) == nil)
    }
}
