import TestStack
import Testing

@testable import Kafka

@Suite("Connection gate")
struct ConnectionGateTests {
    /// A gate that the test opens and closes, and that counts whom it turned away.
    private final class Turnstile: Sendable {
        private let state = Guarded((isOpen: true, refusals: 0))

        var refusals: Int { state.withLock { $0.refusals } }

        func set(open: Bool) { state.withLock { $0 = (open, 0) } }

        var gate: ConnectionGate {
            ConnectionGate { [self] in
                state.withLock { state in
                    if !state.isOpen { state.refusals += 1 }
                    return state.isOpen
                }
            }
        }
    }

    @Test("what a producer has queued does not leave it before the gate opens")
    func producer() async throws {
        let scene = try Scene()
        let turnstile = Turnstile()
        let producer = try KafkaProducer(scene.configuration(), gate: turnstile.gate, logger: Scene.quiet)
        #expect(await producer.send(batch: records(0..<1)).map(\.offset) == [0])
        turnstile.set(open: false)
        try scene.cluster.stopBroker()
        async let second = producer.send(batch: records(1..<2))
        try await eventually { producer.outstanding == 1 }
        try scene.cluster.startBroker()
        try await eventually("a connection was turned away") { turnstile.refusals > 0 }
        let admin = try KafkaAdmin(scene.configuration(), logger: Scene.quiet)
        #expect(try await admin.watermarks(TopicPartition(topic: "t", partition: 0)).high == 1)
        turnstile.set(open: true)
        #expect(await second.map(\.offset) == [1])
        await admin.close()
        await producer.close()
        #expect(scene.isClean)
    }

    @Test("a consumer reads nothing before the gate opens")
    func consumer() async throws {
        let scene = try await Scene.make(records: 3)
        let turnstile = Turnstile()
        turnstile.set(open: false)
        let consumer = try KafkaConsumer(
            scene.configuration(), groupID: "g", topics: ["t"], gate: turnstile.gate,
            startOffset: { _ in .beginning }, logger: Scene.quiet)
        let seen = Seen<Int64>()
        let task = Task {
            try await consumer.run { stream in
                for try await batch in stream { for record in batch.records { seen.add(record.offset) } }
            }
        }
        try await eventually("a connection was turned away") { turnstile.refusals > 0 }
        #expect(seen.count == 0)
        turnstile.set(open: true)
        try await eventually("all read") { seen.count == 3 }
        task.cancel()
        try await task.value
        #expect(scene.isClean)
    }

    @Test("the gate to a cluster is closed for another one and while none answers")
    func cluster() async throws {
        let scene = try Scene()
        let admin = try KafkaAdmin(scene.configuration(), logger: Scene.quiet)
        let id = try await admin.clusterID()
        #expect(admin.gate(to: id, timeout: patience).isOpen())
        #expect(!admin.gate(to: "another", timeout: patience).isOpen())
        try scene.cluster.stopBroker()
        #expect(!admin.gate(to: id, timeout: .milliseconds(200)).isOpen())
        await admin.close()
        #expect(scene.isClean)
    }
}
