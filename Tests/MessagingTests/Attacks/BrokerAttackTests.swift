import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on the broker", .serialized, .seeded)
struct BrokerAttackTests {
    @Test("a broker that is away at the start is waited for, and told of")
    func downAtStart() async throws {
        FaultRecord.note("K1", "the broker away at the start")
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
            try await eventually("all is sent") {
                let unsent = try await runtime.outboxStanding().unsent
                return unsent == 0 && runtime.standing.isBrokerReachable
            }
            try await scene.judge()
            running.cancel()
            try await within { _ = await running.result }
        }
    }

    static let outage = ProcessInfo.processInfo.environment["HOSO_TEST_LONG"] == nil ? 2 : 60

    @Test("a broker that is away under load costs time only")
    func downUnderLoad() async throws {
        FaultRecord.note("K2", "the broker away under load")
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
            try await scene.finish(relay)
        }
    }

    @Test("one partition without a leader holds back its own events, not those already on their way to others")
    func leaderless() async throws {
        FaultRecord.note("K3", "one partition without a leader")
        try await AttackScene.run(keys: 24, brokers: 3) { scene in
            let (_, relay) = scene.relay()
            // Each key once, so that it is known whose partition loses its leader.
            try await scene.writeAtOnce(scene.dossiers)
            try await scene.write(36)
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
            try await scene.writeAtOnce(scene.dossiers)
            let kept = (0..<Int32(AttackScene.topic.partitions)).filter { $0 != lost.partition }
            try await eventually("the others go on") {
                let places = kept.map { TopicPartition(topic: lost.topic, partition: $0) }
                // The brokers know of the lost leader before the client that asks does.
                let ends = try? await scene.admin.endOffsets(of: places, timeout: .milliseconds(500))
                return Int(ends?.values.reduce(0, +) ?? 0) == 60 - (log[lost]?.count ?? 0) + others.count
            }
            try scene.cluster.setLeader(lost.topic, lost.partition, broker: scene.number(in: 1...3))
            try await scene.finish(relay)
        }
    }

    @Test("an answer that is lost leaves it unknown what was written: it is written again, and has one effect")
    func answerLost() async throws {
        FaultRecord.note("K4", "records written whose answer is lost")
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
            try await scene.finish(relay)
        }
    }

    @Test("not leader, timed out, too few replicas, closed, spoilt: whatever the broker answers, all arrives in order")
    func errors() async throws {
        FaultRecord.note("K5", "not-leader, not-enough-replicas, timed out, an invalid epoch")
        try await AttackScene.run { scene in
            let (relay, task) = scene.relay(page: 5)
            try await scene.write(10)
            // Each is used up in its turn, so the last, after which the relay loses the lead, tells that all were. A closed
            // connection loses the answers behind it; so none is among the last.
            let passing: [Int32] = [6, 7, 19, 20, -195, 5, 3]
            let drawn = (0..<20).compactMap { _ in scene.draw { passing.randomElement(using: &$0) } }
            scene.cluster.failNext(.produce, with: drawn + Array(repeating: 6, count: 10) + [29])
            try await scene.write(40)
            try await eventually("forbidden: the lead is lost") {
                scene.told.count(of: "relay lost the lead") >= 1
            }
            try await eventually("it leads again") { relay.status.isLeading }
            scene.cluster.failNext(.produce, with: [47])
            try await scene.write(10)
            try await scene.finish(task)
        }
    }

    @Test("a round trip of half a second costs time only")
    func slowLine() async throws {
        FaultRecord.note("K8", "half a second for each round trip")
        try await AttackScene.run { scene in
            let (_, relay) = scene.relay()
            try await scene.write(10)
            try await scene.untilSent()
            try scene.cluster.setRoundTrip(500)
            let before = ContinuousClock.now
            try await scene.writeAtOnce(scene.dossiers)
            try await scene.untilSent()
            #expect(ContinuousClock.now - before > .milliseconds(500))
            try scene.cluster.setRoundTrip(0)
            try await scene.finish(relay)
        }
    }
}
