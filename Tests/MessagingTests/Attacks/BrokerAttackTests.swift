import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on the broker", .serialized)
struct BrokerAttackTests {
    @Test("a broker that is away at the start is waited for, and told of")
    func downAtStart() async throws {
        try await AttackScene.run { scene in
            try scene.cluster.stopBroker()
            let runtime = try MessagingRuntime(
                outbox: scene.outbox, consumers: [], pool: scene.intake.pool, connection: scene.intake.configuration,
                kafka: scene.kafka, time: SystemTimeSource(), logger: scene.told.logger)
            let running = Task { try await runtime.run() }
            try await scene.write(20)
            #expect(!runtime.standing.isBrokerReachable)
            #expect(try await runtime.outboxStanding().unsent == 20)
            try scene.cluster.startBroker()
            try await eventually("all is sent", within: .seconds(20)) {
                let unsent = try await runtime.outboxStanding().unsent
                return unsent == 0 && runtime.standing.isBrokerReachable
            }
            try await scene.judge()
            running.cancel()
            try await within(.seconds(10)) { _ = await running.result }
        }
    }

    static let outage = ProcessInfo.processInfo.environment["HOSO_TEST_LONG"] == nil ? 2 : 60

    @Test("a broker that is away under load costs time only")
    func downUnderLoad() async throws {
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay(page: 20)
            try await scene.write(30)
            try scene.cluster.stopBroker()
            let before = ContinuousClock.now
            while ContinuousClock.now - before < .seconds(Self.outage) {
                try await scene.write(5)
                try await Task.sleep(for: .milliseconds(50 * Self.outage))
            }
            #expect(
                try await OutboxStanding.read(
                    from: scene.intake.pool, shards: 1, clusterID: scene.watch.lastKnown
                ).unsent > 0, "events wait")
            try await eventually("it is seen") { !scene.watch.isReachable }
            try scene.cluster.startBroker()
            try await scene.write(30)
            try await finish(scene, relay)
        }
    }

    @Test("one partition without a leader holds back its own events, not those already on their way to others")
    func leaderless() async throws {
        try await AttackScene.run(keys: 24, brokers: 3) { scene in
            let (_, relay) = scene.relay()
            try await scene.write(60)
            try await scene.untilSent()
            let log = try await scene.log()
            let lost = try #require(scene.draw { log.keys.sorted().randomElement(using: &$0) })
            let others = scene.dossiers.filter { dossier in
                log[lost]?.contains { $0.key == Array(dossier.description.utf8) } == false
            }
            try scene.cluster.setLeader(lost.topic, lost.partition, broker: nil)
            await #expect(throws: KafkaError.self) {
                try await scene.admin.endOffsets(of: [lost], timeout: .milliseconds(500))
            }
            // In one transaction, so that they are one page of the relay.
            try await scene.writeAtOnce(others + scene.dossiers)
            let kept = (0..<Int32(AttackScene.topic.partitions)).filter { $0 != lost.partition }
            try await eventually("the others go on", within: .seconds(20)) {
                let places = kept.map { TopicPartition(topic: lost.topic, partition: $0) }
                // The brokers know of the lost leader before the client that asks does.
                let ends = try? await scene.admin.endOffsets(of: places, timeout: .milliseconds(500))
                return Int(ends?.values.reduce(0, +) ?? 0) == 60 - (log[lost]?.count ?? 0) + 2 * others.count
            }
            try scene.cluster.setLeader(lost.topic, lost.partition, broker: scene.number(in: 1...3))
            try await finish(scene, relay)
        }
    }

    @Test("an answer that is lost leaves it unknown what was written: it is written again, and has one effect")
    func answerLost() async throws {
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            try await scene.write(10)
            try await scene.untilSent()
            try scene.cluster.setRoundTrip(2_000)
            try await scene.write(10)
            try await eventually("records are on their way") {
                try await scene.intake.count(
                    """
                    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                      AND application_name LIKE '%.relay' AND query = 'SELECT 1'
                    """) == 1
            }
            try scene.cluster.stopBroker()
            try scene.cluster.setRoundTrip(0)
            try scene.cluster.startBroker()
            try await scene.untilSent()
            #expect(try await scene.logSize() > scene.written, "something was written twice")
            try await finish(scene, relay)
        }
    }

    @Test("not leader, timed out, too few replicas, closed, spoilt: whatever the broker answers, all arrives in order")
    func errors() async throws {
        try await AttackScene.run { scene in
            let (relay, task) = scene.relay(page: 5)
            try await scene.write(10)
            // Each is used up in its turn, so the last two, after which the relay loses the lead, tell that all were.
            let passing: [Int32] = [6, 7, 19, 20, -195, 5, 3]
            let drawn = (0..<20).compactMap { _ in scene.draw { passing.randomElement(using: &$0) } }
            scene.cluster.failNext(.produce, with: drawn + [29])
            try await scene.write(40)
            try await eventually("forbidden: the lead is lost", within: .seconds(20)) {
                scene.told.count(of: "relay lost the lead") >= 1
            }
            try await eventually("it leads again") { relay.status.isLeading }
            scene.cluster.failNext(.produce, with: [47])
            try await scene.write(10)
            try await finish(scene, task)
        }
    }

    @Test("a record that the broker refuses blocks its key alone, until it is sent again in its order")
    func refused() async throws {
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            try await scene.write(10)
            try await scene.untilSent()
            let (bad, good) = (scene.dossiers[0], scene.dossiers[1])
            scene.cluster.failNext(.produce, with: [10])
            try await scene.write(1, of: bad)
            try await eventually("it is blocked") { try await BlockedEvent.list(from: scene.intake.pool).count == 1 }
            try await scene.write(2, of: bad)
            try await scene.write(3, of: good)
            try await scene.untilSent()
            let blocked = try await BlockedEvent.list(from: scene.intake.pool)
            #expect(blocked.map(\.reason) == ["MSG_SIZE_TOO_LARGE", nil, nil])
            #expect(try await scene.logSize() == scene.written - 3, "all others are sent")
            #expect(!scene.faults(in: try await scene.log()).isEmpty)
            for _ in 0..<2 {
                _ = try await scene.intake.pool.transaction { try await BlockedEvent.retry(nil, in: $0) }
            }
            try await eventually("the key is free") { try await BlockedEvent.list(from: scene.intake.pool).isEmpty }
            try await finish(scene, relay)
        }
    }

    @Test("what follows a refused record of its key in the same page does not overtake it")
    func refusedInPage() async throws {
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            let (bad, good) = (scene.dossiers[0], scene.dossiers[1])
            try await scene.writeAtOnce([bad, good, bad, good, bad]) { transaction in
                // No producer takes it; an operator makes it smaller below.
                try await transaction.execute(
                    """
                    UPDATE outbox SET data = convert_to(repeat('x', 1100000), 'UTF8') || data
                    WHERE key = \(bad.value) AND version = 1
                    """)
            }
            try await eventually("it is blocked") { try await BlockedEvent.list(from: scene.intake.pool).count == 3 }
            #expect(try await scene.logSize() == 2)
            try await scene.intake.pool.execute(
                "UPDATE outbox SET data = substr(data, 1100001) WHERE key = \(bad.value) AND version = 1")
            _ = try await scene.intake.pool.transaction { try await BlockedEvent.retry(nil, in: $0) }
            try await eventually("the key is free") { try await BlockedEvent.list(from: scene.intake.pool).isEmpty }
            try await finish(scene, relay)
        }
    }

    @Test("a round trip of half a second costs time only")
    func slowLine() async throws {
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            try await scene.write(10)
            try await scene.untilSent()
            try scene.cluster.setRoundTrip(500)
            let before = ContinuousClock.now
            try await scene.write(30)
            try await scene.untilSent()
            #expect(ContinuousClock.now - before > .milliseconds(500))
            try scene.cluster.setRoundTrip(0)
            try await finish(scene, relay)
        }
    }

    @Test("a stored position that the topic does not have is a loud stop, never a jump")
    func hole() async throws {
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            try await scene.write(20)
            try await scene.untilSent()
            let place = try #require(Array(try await scene.log().keys).sorted().first)
            let cluster = try #require(scene.watch.lastKnown)
            try await ConsumerStore(consumer: "routing.dossiers").move(
                place, to: 1_000, clusterID: cluster, in: scene.routing.pool)
            let (runner, reader) = scene.reader()
            try await eventually("it stops", within: .seconds(30)) {
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
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            try await scene.write(20)
            let (runner, reader) = scene.reader()
            try await scene.untilApplied()
            scene.cluster.setError(3, ofTopic: AttackScene.topic.name)
            try await eventually("it stops", within: .seconds(20)) {
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

    private func finish(_ scene: AttackScene, _ relay: Task<Void, any Error>) async throws {
        try await scene.untilSent()
        try await scene.judge()
        relay.cancel()
        _ = await relay.result
    }
}
