import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on parking", .seeded)
struct ParkingAttackTests {
    private let make = TestBatch()

    @Test("when parking itself fails nothing moves, and everything goes on once it works again")
    func parkingFails() async throws {
        FaultRecord.note("K18", "parking itself fails")
        let database = try await MessagingDatabase.make()
        try await database.pool.withConnection { connection in
            try await connection.executeScript(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON parked_messages FOR EACH ROW EXECUTE FUNCTION refuse();
                """)
        }
        let processor = database.processor(MessagingDatabase.writingDown())
        let records = try ["a", "b", "c"].enumerated().map {
            try make.record(
                make.withdrawal(of: make.dossier(), reason: $1), offset: Int64($0), value: $0 == 1 ? [0x7B] : nil)
        }
        for _ in 0..<3 {
            await #expect(throws: PostgresError.self) {
                try await processor.apply(TestBatch.batch(records), clusterID: "c1")
            }
            #expect(try await database.effects().isEmpty)
            #expect(try await database.position(of: "routing.dossiers") == nil)
        }
        try await database.pool.execute("DROP TRIGGER refuse ON parked_messages")
        try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        #expect(try await database.effects() == ["a", "c"])
        #expect(try await ParkedMessages(pool: database.pool).list().map(\.offset) == [1])
    }

    @Test("the partitions of a consumer share its parking limit also when they park at the same moment")
    func parkingAtOnce() async throws {
        let database = try await MessagingDatabase.make()
        let guardian = try await database.heldAtCommit(of: "parked_messages")
        let processor = database.processor(MessagingDatabase.writingDown())
        let keys = ConsumerRules().parkingMinimumKeys - 5
        let refused = Tally()
        let parking = try (0..<4).map { partition in
            let records = try (0..<keys).map {
                try make.record(make.withdrawal(of: make.dossier()), offset: Int64($0), value: [0x7B])
            }
            let batch = PartitionBatch(
                topic: TopicCatalogue.dossiers.name, partition: Int32(partition), startOffset: 0, records: records,
                nextOffset: Int64(keys), isFromBeginning: true)
            return Task {
                do {
                    try await processor.apply(batch, clusterID: "c1")
                } catch is MessagingError {
                    refused.add()
                }
            }
        }
        try await eventually("each is refused, or about to be committed") {
            try await database.waitingCommits() + Int64(refused.value) == 4
        }
        guardian.close()
        for task in parking { try await task.value }
        #expect(refused.value == 3)
        #expect(try await database.count("SELECT count(*) FROM parked_keys") == Int64(keys))
    }

    @Test("a release that cannot read anything stops before it parks the country; the one after it reads on from there")
    func badRelease() async throws {
        try await AttackScene.run(keys: 60) { scene in
            let (_, relay) = scene.relay()
            try await scene.writeAtOnce(scene.dossiers + scene.dossiers)
            try await scene.untilSent()
            let bad = ConsumerDefinition(
                name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
            ).on(DossierWithdrawn.self) { _, _ in throw Unprocessable("this release reads nothing") }
            let (runner, stopping) = scene.reader(scene.routing.processor(bad))
            try await within { await stopping.value }
            #expect(runner.status.state.text.hasPrefix("stopped"))
            let keys = try await scene.routing.count("SELECT count(*) FROM parked_keys")
            #expect(keys < Int64(ConsumerRules().parkingMinimumKeys))
            let (_, reader) = scene.reader()
            try await eventually("the rest is applied") {
                let parked = try await scene.routing.count("SELECT count(*) FROM parked_messages")
                let applied = try await scene.routing.count("SELECT count(*) FROM effects")
                return Int(parked + applied) == scene.written
            }
            let parked = ParkedMessages(pool: scene.routing.pool)
            _ = try await scene.routing.pool.transaction {
                try await parked.retry(nil, now: scene.routing.time.now, in: $0)
            }
            let retries = scene.routing.retries(of: scene.routing.processor(MessagingDatabase.writingDown()))
            while try await retries.retryOne() {}
            #expect(try await scene.faultsInEffects().isEmpty)
            reader.cancel()
            await reader.value
            relay.cancel()
            _ = await relay.result
        }
    }
}
