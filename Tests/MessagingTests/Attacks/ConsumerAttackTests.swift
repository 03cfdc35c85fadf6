import Contracts
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on consumers", .serialized, .seeded)
struct ConsumerAttackTests {
    /// Where a consumer is killed: nothing that it does afterwards counts.
    enum Point: CaseIterable, Sendable {
        case beforeEffect, beforeCommit, afterCommit
    }

    @Test("a consumer killed before its effect, before and after its commit leaves each effect once, reported or not")
    func killed() async throws {
        FaultRecord.note("K11", "a reader killed before the effect, after the commit and before its report")
        try await AttackScene.run(keys: 4) { scene in
            // Nothing is ever reported: a reader that went by Kafka's offsets would begin again each time.
            scene.cluster.failNext(.offsetCommit, with: Array(repeating: 30, count: 10_000))
            let (_, relay) = scene.relay()
            for point in Point.allCases {
                try await scene.write(20)
                let before = try await scene.routing.count("SELECT count(*) FROM effects")
                let victim = Victim(point)
                let (runner, reader) = scene.reader(scene.routing.processor(victim.definition))
                victim.task.withLock { $0 = reader }
                try await eventually("\(point) is reached") { victim.deaths.value > 0 }
                try await within { await reader.value }
                #expect(runner.status.state != .starting)
                let after = try await scene.routing.count("SELECT count(*) FROM effects")
                #expect((after > before) == (point == .afterCommit), "\(point): \(before) and then \(after)")
            }
            let (_, reader) = scene.reader()
            try await scene.untilApplied()
            #expect(try await scene.faultsInEffects().isEmpty)
            let places = scene.places
            let reported = try await scene.admin.groupOffsets("hoso.routing.dossiers", places)
            #expect(places.allSatisfy { reported[$0] == .some(nil) }, "Kafka was told nothing")
            reader.cancel()
            await reader.value
            relay.cancel()
            _ = await relay.result
        }
    }

    @Test("two readers that both believe to own every partition give each event one effect, in order")
    func twoOwners() async throws {
        FaultRecord.note("C7", "two readers that both believe to own a partition")
        try await AttackScene.run(keys: 12) { scene in
            let (_, relay) = scene.relay(page: 7)
            let readers = ["one", "two"].map { scene.reader(group: $0).task }
            // The load goes on until both have met, whoever joined first.
            var rounds = 0
            while rounds < 10 || (rounds < 600 && scene.told.count(of: "going on from the stored position") < 5) {
                try await scene.write(5)
                try await Task.sleep(for: .milliseconds(scene.number(in: 0...100)))
                rounds += 1
            }
            try await scene.untilApplied()
            #expect(scene.told.count(of: "going on from the stored position") > 0, "batches were refused")
            #expect(try await scene.faultsInEffects().isEmpty)
            relay.cancel()
            for reader in readers { reader.cancel() }
            for reader in readers { await reader.value }
            _ = await relay.result
        }
    }

    @Test("a consumer frozen in the middle of a batch loses it to another and comes back to nothing it could spoil")
    func frozenInBatch() async throws {
        FaultRecord.note("C7", "a reader frozen in the middle of a batch, back after another read on")
        let (database, make) = (try await MessagingDatabase.make(), TestBatch())
        var link = database.configuration
        link.idleInTransactionTimeout = .milliseconds(300)
        let own = PostgresPool(link, logger: database.logger)
        let (isFrozen, isThawed, outcomes) = (Locked(false), Locked(false), Locked<[String]>([]))
        let zombie = ConsumerDefinition(name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects)
            .on(DossierWithdrawn.self) { message, scope in
                try await scope.transaction.execute("INSERT INTO effects (reason) VALUES ('by the zombie')")
                isFrozen.withLock { $0 = true }
                try await eventually("thawed") { isThawed.withLock { $0 } }
            }
        let processor = database.processor(zombie, pool: own)
        let records = try ["a", "b", "c"].enumerated().map { offset, reason in
            try make.record(make.withdrawal(of: make.dossier(), reason: reason), offset: Int64(offset))
        }
        let batch = TestBatch.batch(records)
        let late = Task {
            for _ in 0..<2 {
                do {
                    try await processor.apply(batch, clusterID: "c1")
                } catch {
                    outcomes.withLock { $0.append("\(error)") }
                }
            }
        }
        try await eventually("it is in the middle") { isFrozen.withLock { $0 } }
        try await database.processor(MessagingDatabase.writingDown()).apply(batch, clusterID: "c1")
        #expect(try await database.effects() == ["a", "b", "c"])
        isThawed.withLock { $0 = true }
        await late.value
        let said = outcomes.withLock { $0 }
        #expect(said.count == 2, "neither attempt may pass: \(said)")
        #expect(said.last == MessagingError.stalePosition(expected: 3, found: 0).description)
        #expect(try await database.effects() == ["a", "b", "c"])
        #expect(try await database.position(of: "routing.dossiers") == 3)
    }
}

/// A consumer of withdrawals that ends its own reader at one point of the first batch it meets.
private struct Victim: Sendable {
    let point: ConsumerAttackTests.Point
    let task = Locked<Task<Void, Never>?>(nil)
    let deaths = Tally()

    init(_ point: ConsumerAttackTests.Point) { self.point = point }

    var definition: ConsumerDefinition {
        ConsumerDefinition(name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects)
            .on(DossierWithdrawn.self) { message, scope in
                if point == .beforeEffect { try die() }
                try await scope.transaction.execute(
                    """
                    INSERT INTO effects (dossier, reason, sequence)
                    VALUES (\(message.payload.dossierId), \(message.payload.reason), \(message.sequence))
                    """)
                if point == .beforeCommit { try die() }
                scope.transaction.afterCommit { end() }
            }
    }

    private func die() throws {
        end()
        throw CancellationError()
    }

    private func end() {
        deaths.add()
        task.withLock { $0 }?.cancel()
    }
}
