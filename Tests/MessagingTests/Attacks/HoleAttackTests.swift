import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on the log itself", .seeded)
struct HoleAttackTests {
    @Test("a stored position that the topic does not have is a loud stop, never a jump")
    func hole() async throws {
        FaultRecord.note("K12", "a hole in the log")
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            try await scene.write(20)
            try await scene.untilSent()
            let place = try #require(Array(try await scene.log().keys).sorted().first)
            let cluster = try #require(scene.watch.lastKnown)
            try await scene.routing.pool.transaction { transaction in
                try ConsumerStore(consumer: "routing.dossiers").move(
                    place, to: 1_000, clusterID: cluster, in: transaction)
            }
            let (runner, reader) = scene.reader()
            try await eventually("it stops") {
                if case .stopped = runner.status.state { true } else { false }
            }
            #expect(runner.status.state.text.contains("OFFSET_OUT_OF_RANGE"))
            #expect(scene.told.count(of: "consumer stopped until it is restarted") == 1)
            await reader.value
            #expect(
                try await scene.routing.count(
                    """
                    SELECT count(*) FROM consumer_positions
                    WHERE partition = \(place.partition) AND next_offset <> 1000
                    """) == 0, "the position stands where it was")
            relay.cancel()
            _ = await relay.result
        }
    }

    @Test("a topic that is taken away while it is read is a loud stop: what comes in its place begins anew")
    func deletedTopic() async throws {
        FaultRecord.note("K12", "a topic deleted under its reader")
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            try await scene.write(20)
            let (runner, reader) = scene.reader()
            try await scene.untilApplied()
            scene.cluster.setError(3, ofTopic: AttackScene.topic.name)
            try await eventually("it stops") {
                if case .stopped = runner.status.state { true } else { false }
            }
            #expect(scene.told.count(of: "consumer stopped until it is restarted") == 1)
            await reader.value
            scene.cluster.setError(0, ofTopic: AttackScene.topic.name)
            #expect(try await scene.faultsInEffects().isEmpty)
            relay.cancel()
            _ = await relay.result
        }
    }
}
