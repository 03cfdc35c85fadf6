import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on replay", .serialized, .seeded)
struct ReplayAttackTests {
    @Test("a replay from zero, twice, with poison in the topic, ends in the same state and calls nobody outside")
    func silent() async throws {
        FaultRecord.note("K13", "a replay from zero with every stand-in counting")
        try await AttackScene.run { scene in
            let (standIn, outbox) = (Tally(), Outbox(service: .intake))
            let projection = Self.projection
            let sending = ConsumerDefinition(
                name: "routing.letters", topics: [TopicCatalogue.dossiers], kind: .effects
            ).on(DossierWithdrawn.self) { message, scope in
                standIn.add()
                try await scope.emit(message.payload, key: message.key, version: message.sequence)
            }
            let (_, relay) = scene.relay(page: 10)
            try await scene.write(60)
            try await spoil(scene)
            try await scene.untilSent()
            let log = try await scene.log()
            let processors = [projection, sending].map { scene.routing.processor($0, outbox: outbox) }
            for processor in processors { try await scene.consume(log, by: processor) }
            let calls = standIn.value
            #expect(calls >= 60)
            let said = try await scene.routing.count("SELECT count(*) FROM outbox")
            let before = try await state(scene)
            #expect(before.filter { $0.hasSuffix("data.malformed") }.count == 1)
            #expect(before.count == 61)

            for _ in 0..<2 {
                try await scene.routing.pool.execute("UPDATE effects SET reason = 'spoilt'")
                let rebuilt = try await Replay(
                    consumers: [projection, sending], pool: scene.routing.pool, kafka: scene.kafka,
                    time: scene.routing.time, logger: scene.told.logger
                ).run()
                #expect(rebuilt == [projection.name])
                #expect(try await state(scene) == before)
            }
            #expect(standIn.value == calls, "nobody outside was called")
            #expect(try await scene.routing.count("SELECT count(*) FROM outbox") == said, "nothing was said")
            relay.cancel()
            _ = await relay.result
        }
    }

    @Test("a projection whose replay died after emptying it is filled by its service, what is parked of it too")
    func diedAfterEmptying() async throws {
        FaultRecord.note("K13", "a replay that dies after it emptied its projection")
        let (database, make) = (try await MessagingDatabase.make(), TestBatch())
        let processor = database.processor(Self.projection, outbox: Outbox(service: .routing))
        let records = try (0..<3).map {
            try make.record(
                make.withdrawal(of: make.dossier(), reason: "\($0)"), offset: $0, value: $0 == 1 ? [0x7B] : nil)
        }
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.count("SELECT count(*) FROM outbox") == 1)
        try await Replay(
            consumers: [Self.projection], pool: database.pool,
            kafka: KafkaConfiguration(bootstrapServers: "unused", clientID: "unused"), time: database.time,
            logger: database.logger
        ).empty(Self.projection)
        #expect(try await database.effects().isEmpty)
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == ["0", "2"])
        #expect(try await ParkedMessages(pool: database.pool).list().map(\.offset) == [1])
        #expect(try await database.count("SELECT count(DISTINCT event_id) FROM outbox") == 1, "it is no news")
    }

    private static var projection: ConsumerDefinition {
        ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .projection(tables: ["effects"])
        ).on(DossierWithdrawn.self) { message, scope in
            try await scope.transaction.execute(
                """
                INSERT INTO effects (dossier, reason, sequence)
                VALUES (\(message.payload.dossierId), \(message.payload.reason), \(message.sequence))
                """)
            // A projection may not speak, whatever it tries.
            try await scope.emit(message.payload, key: message.key, version: message.sequence)
        }
    }

    /// A record that nobody can read.
    private func spoil(_ scene: AttackScene) async throws {
        let bad = try scene.make.record(
            scene.make.withdrawal(of: scene.make.dossier()), value: Array("{".utf8))
        let producer = try KafkaProducer(scene.kafka, logger: scene.told.logger)
        _ = try await producer.send(
            KafkaRecord(
                topic: bad.topic, key: bad.key, value: bad.value, headers: bad.headers, timestamp: bad.timestamp))
        await producer.close()
    }

    /// What the projection holds, and what is parked of it.
    private func state(_ scene: AttackScene) async throws -> [String] {
        try await scene.routing.pool.query(
            """
            SELECT concat(dossier, ' ', reason, ' ', sequence) AS row FROM effects
            UNION ALL
            SELECT concat(partition, '/', "offset", ' ', reason_code) FROM parked_messages
            WHERE consumer = 'routing.dossiers' AND state = 'open'
            ORDER BY row
            """
        ).map { try $0.get("row") }
    }
}
