import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on the database", .serialized, .seeded)
struct DatabaseAttackTests {
    private let make = TestBatch()

    @Test("a server killed under load and started again has all that was acknowledged, and everything goes on")
    func killed() async throws {
        FaultRecord.note("D1", "the server killed and started again")
        let server = try await PrivatePostgres.own()
        try await AttackScene.run(server: server) { scene in
            let (relay, reader) = (scene.relay(page: 10).task, scene.reader())
            try await scene.write(10)
            try await scene.untilApplied()
            let isOver = Locked(false)
            // Versions of one key are written one after the other: the load leaves this one alone.
            let apart = try #require(scene.dossiers.last)
            let load = Task {
                while !isOver.withLock({ $0 }) {
                    let dossier = scene.draw { scene.dossiers.dropLast().randomElement(using: &$0) }
                    _ = try await writeStubbornly(scene, to: try #require(dossier))
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
            for _ in 0..<2 {
                try await Task.sleep(for: .milliseconds(scene.number(in: 100...400)))
                // Whatever the load does at that moment, this one stands before its commit.
                let (stands, isKilled) = (Locked(false), Locked(false))
                let caught = Task {
                    try await writeStubbornly(scene, to: apart) {
                        stands.withLock { $0 = true }
                        try await eventually("the server is killed") { isKilled.withLock { $0 } }
                    }
                }
                try await eventually("a commit is due") { stands.withLock { $0 } }
                try server.kill()
                isKilled.withLock { $0 = true }
                try await server.start()
                try await eventually("it answers again") {
                    (try? await scene.intake.pool.query("SELECT 1")) != nil
                }
                let failures = try await caught.value
                #expect(failures > 0, "its commit failed or stayed unknown")
            }
            isOver.withLock { $0 = true }
            try await load.value
            #expect(scene.told.count(of: "relay lost the lead") > 0)
            try await scene.untilSent()
            try await scene.untilApplied()
            #expect(scene.faults(in: try await scene.log()).isEmpty)
            #expect(try await scene.faultsInEffects().isEmpty)
            #expect(reader.runner.status.state == .running)
            reader.task.cancel()
            await reader.task.value
            relay.cancel()
            _ = await relay.result
        }
    }

    /// Commits one event, however often that fails; answers how often.
    ///
    /// - Parameter beforeCommit: what happens before the first try's commit.
    private func writeStubbornly(
        _ scene: AttackScene, to dossier: DossierID, beforeCommit: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> Int {
        let statement = try scene.event(of: dossier)
        for failures in 0..<1_000 {
            do {
                _ = try await scene.intake.pool.transaction { [outbox = scene.outbox] transaction in
                    try await transaction.execute(statement)
                    outbox.wakeRelay(after: transaction)
                    if failures == 0 { try await beforeCommit() }
                }
                return failures
            } catch let error as PostgresError where error.sqlState?.rawValue == "23505" {
                // The commit of unknown outcome had happened.
                return failures
            } catch {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        throw MessagingError.unexpected("the database did not come back")
    }

    @Test("a batch whose commit is answered by silence is not applied again")
    func consumerCommitCut() async throws {
        FaultRecord.note("D2", "the connection cut during the COMMIT of a batch")
        let database = try await MessagingDatabase.make()
        let proxy = try TCPProxy(to: database.server.port)
        defer { proxy.close() }
        let pool = PostgresPool(database.link(through: proxy), logger: database.logger)
        let guardian = try await database.heldAtCommit(of: "effects")
        let records = try ["a", "b", "c"].enumerated().map {
            try make.record(make.withdrawal(of: make.dossier(), reason: $1), offset: Int64($0))
        }
        let processor = database.processor(MessagingDatabase.writingDown(), pool: pool)
        let applying = Task { try await processor.apply(TestBatch.batch(records), clusterID: "c1") }
        try await eventually("the commit waits") { try await database.waitingCommits() == 1 }
        proxy.limit(.toClient, after: 0)
        guardian.close()
        let error = await #expect(throws: PostgresError.self) { try await applying.value }
        #expect(error?.code == .commitOutcomeUnknown)
        #expect(proxy.cuts == 1)
        proxy.limit(.toClient, after: nil)
        await #expect(throws: MessagingError.stalePosition(expected: 3, found: 0)) {
            try await processor.apply(TestBatch.batch(records), clusterID: "c1")
        }
        #expect(try await database.effects() == ["a", "b", "c"])
    }

    @Test("a relay whose position is answered by silence goes on behind it and repeats nothing")
    func relayPositionCut() async throws {
        FaultRecord.note("D2", "the connection cut while the relay writes its position")
        try await AttackScene.run { scene in
            let proxy = try TCPProxy(to: scene.intake.server.port)
            defer { proxy.close() }
            let (relay, task) = scene.relay(connection: scene.intake.link(through: proxy))
            // Its statements are prepared by then: what is cut below is the answer to the row itself.
            try await scene.write(3)
            try await scene.untilSent()
            let guardian = try await PostgresConnection.open(scene.intake.configuration, logger: scene.told.logger)
            try await guardian.execute("BEGIN")
            try await guardian.execute("LOCK TABLE relay_positions IN SHARE ROW EXCLUSIVE MODE")
            try await scene.writeAtOnce(scene.dossiers)
            try await eventually("the position waits") {
                try await scene.intake.count(
                    "SELECT count(*) FROM pg_locks WHERE relation = 'relay_positions'::regclass AND NOT granted") == 1
            }
            proxy.limit(.toClient, after: 0)
            guardian.close()
            try await eventually("the lead is lost") { scene.told.count(of: "relay lost the lead") == 1 }
            #expect(proxy.cuts == 1)
            proxy.limit(.toClient, after: nil)
            try await eventually("it leads again") { relay.status.isLeading }
            try await scene.write(10)
            try await scene.untilSent()
            #expect(try await scene.logSize() == scene.written, "nothing is repeated")
            try await scene.judge()
            task.cancel()
            _ = await task.result
        }
    }

    /// Two transactions that cannot both go on.
    enum Conflict: String, CaseIterable, Sendable {
        case deadlock = "40P01"
        case serialization = "40001"
    }

    @Test(
        "batches that deadlock, or cannot be serialized, are nobody's fault: run again, each has its effect once",
        arguments: Conflict.allCases)
    func conflicts(conflict: Conflict) async throws {
        FaultRecord.note("D5", "deadlocks and failures of serialization between batches")
        let database = try await MessagingDatabase.make()
        try await database.pool.execute("CREATE TABLE totals (name text PRIMARY KEY, total int NOT NULL)")
        try await database.pool.execute("INSERT INTO totals VALUES ('a', 0), ('b', 0)")
        let name = try #require(database.configuration.url.split(separator: "/").last?.split(separator: "?").first)
        if conflict == .serialization {
            try await database.pool.execute(
                "ALTER DATABASE \(identifier: String(name)) SET default_transaction_isolation = 'repeatable read'")
        }
        let pool = PostgresPool(database.configuration, logger: database.logger)
        let (met, codes) = (Locked<Set<Int32>>([]), Locked<[String]>([]))
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            if conflict == .serialization { try await scope.transaction.execute("SELECT 1 FROM totals") }
            if message.sequence == 2 || conflict == .serialization {
                met.withLock { _ = $0.insert(message.place.partition) }
                try await eventually("the other is here too") { met.withLock { $0.count == 2 } }
            }
            try await scope.transaction.execute(
                "UPDATE totals SET total = total + 1 WHERE name = \(message.payload.reason)")
        }
        let processor = database.processor(definition, pool: pool)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for partition in Int32(0)...1 {
                let names = partition == 1 && conflict == .deadlock ? ["b", "a"] : ["a", "b"]
                let records = try names.enumerated().map {
                    var record = try make.record(
                        make.withdrawal(of: make.dossier(), reason: $1), version: Int64($0 + 1), offset: Int64($0))
                    record.partition = partition
                    return record
                }
                let batch = PartitionBatch(
                    topic: TopicCatalogue.dossiers.name, partition: partition, startOffset: 0, records: records,
                    nextOffset: 2, isFromBeginning: true)
                group.addTask {
                    while true {
                        do {
                            return try await processor.apply(batch, clusterID: "c1")
                        } catch let error as PostgresError {
                            codes.withLock { $0.append(error.sqlState?.rawValue ?? "\(error)") }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(codes.withLock { $0 }.first == conflict.rawValue)
        #expect(try await database.count("SELECT count(*) FROM totals WHERE total = 2") == 2)
        #expect(try await database.count("SELECT count(*) FROM parked_messages") == 0)
    }

    @Test("a database restored from a backup has its positions in it: what came after is read, and sent, once more")
    func restored() async throws {
        FaultRecord.note("D11", "a database restored from a backup")
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay(page: 5)
            try await scene.write(40)
            try await scene.untilSent()
            relay.cancel()
            _ = await relay.result
            // The reader has all of it, then goes back to when it had a part.
            let log = try await scene.log()
            let half = log.mapValues { Array($0.prefix($0.count / 2)) }
            try await scene.consume(half)
            let backup = try await Backup(of: scene.routing)
            try await scene.consume(log, from: half)
            #expect(try await scene.faultsInEffects().isEmpty)
            try await backup.restore()
            #expect(try await scene.faultsInEffects().isEmpty == false, "effects went back")
            try await scene.consume(log, from: half)
            #expect(try await scene.faultsInEffects().isEmpty)
            // The writer's position went back further than what it had sent.
            try await scene.intake.pool.execute(
                "DELETE FROM relay_positions WHERE id > (SELECT min(id) FROM relay_positions)")
            let (_, again) = scene.relay()
            try await scene.write(10)
            try await scene.untilSent()
            #expect(try await scene.logSize() > scene.written, "what the backup had not counted as sent was repeated")
            let whole = try await scene.log()
            #expect(scene.faults(in: whole).isEmpty)
            try await scene.consume(whole, from: log)
            #expect(try await scene.faultsInEffects().isEmpty)
            again.cancel()
            _ = await again.result
        }
    }
}

/// The rows of a reading service at a moment.
private struct Backup {
    private static let tables = ["effects", "inbox", "consumer_positions"]
    let database: MessagingDatabase

    init(of database: MessagingDatabase) async throws {
        self.database = database
        for table in Self.tables {
            try await database.pool.execute(
                "CREATE TABLE \(identifier: "saved_\(table)") AS SELECT * FROM \(identifier: table)")
        }
    }

    func restore() async throws {
        try await database.pool.transaction { transaction in
            for table in Self.tables {
                try await transaction.execute("DELETE FROM \(identifier: table)")
                try await transaction.execute(
                    """
                    INSERT INTO \(identifier: table) OVERRIDING SYSTEM VALUE
                    SELECT * FROM \(identifier: "saved_\(table)")
                    """)
            }
        }
    }
}
