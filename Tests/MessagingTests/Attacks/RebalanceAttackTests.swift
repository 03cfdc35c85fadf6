import Contracts
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on the group", .serialized, .seeded)
struct RebalanceAttackTests {
    @Test("from one member to four and back to one under load, while the coordinator moves, nothing is lost or doubled")
    func oneFourOne() async throws {
        FaultRecord.note("K10", "one member, four, one again, under load")
        try await AttackScene.run(keys: 24, brokers: 3) { scene in
            let (_, relay) = scene.relay(page: 20)
            let isOver = Locked(false)
            let load = Task {
                while !isOver.withLock({ $0 }) {
                    try await scene.write(4)
                    try await Task.sleep(for: .milliseconds(40))
                }
            }
            var members: [Member] = [Member(scene)]
            try await eventually("the first reads") { members[0].batches.value > 0 }
            for _ in 0..<3 { members.append(Member(scene)) }
            try scene.cluster.setCoordinator(group: "hoso.routing.dossiers", broker: scene.number(in: 1...3))
            try await eventually("all four read") {
                members.allSatisfy { $0.batches.value > 0 }
            }
            while members.count > 1 {
                let leaving = members.remove(at: scene.number(in: 0...members.count - 1))
                leaving.task.cancel()
                try await within { await leaving.task.value }
                let before = members.map(\.batches.value)
                try await eventually("the others go on") {
                    zip(members, before).allSatisfy { $0.batches.value > $1 }
                }
            }
            isOver.withLock { $0 = true }
            try await load.value
            try await scene.untilSent()
            try await scene.untilApplied()
            #expect(try await scene.faultsInEffects().isEmpty)
            let positions: Int64 = try await scene.routing.pool.queryOne(
                """
                SELECT sum(newest)::bigint AS sum FROM (
                    SELECT max(next_offset) AS newest FROM consumer_positions GROUP BY partition) p
                """
            ).get("sum")
            #expect(Int(positions) == (try await scene.logSize()), "no lag is left")
            members[0].task.cancel()
            await members[0].task.value
            relay.cancel()
            _ = await relay.result
        }
    }
}

/// One process of the reading service.
private struct Member: Sendable {
    let batches = Tally()
    let task: Task<Void, Never>

    init(_ scene: AttackScene) {
        let batches = batches
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .effects
        ).on(DossierWithdrawn.self) { message, scope in
            try await scope.transaction.execute(
                """
                INSERT INTO effects (dossier, reason, sequence)
                VALUES (\(message.payload.dossierId), \(message.payload.reason), \(message.sequence))
                """)
            scope.transaction.afterCommit { batches.add() }
        }
        task = scene.reader(scene.routing.processor(definition)).task
    }
}
