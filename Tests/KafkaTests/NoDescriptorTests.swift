import TestStack
import Testing

@testable import Kafka

/// A process that can open no further file or socket (C9 of the fault list), in a process of its own.
@Suite("No descriptor is left", .timeLimit(.minutes(2)))
struct NoDescriptorTests {
    @Test("what stands goes on, what is new waits, and all is well when there are descriptors again")
    func clients() async throws {
        guard let given = OwnProcess.given else {
            FaultRecord.note("C9", "producers whose process can open no further descriptor")
            // The cluster stays in this process, which has descriptors.
            let scene = try await Scene.make(records: 3)
            try await OwnProcess.run(Self.self, [scene.cluster.bootstrapServers], ending: .passingOrAborted)
            return withExtendedLifetime(scene) {}
        }
        let configuration = KafkaConfiguration(
            bootstrapServers: given[0], clientID: "few",
            properties: ["reconnect.backoff.ms": "20", "reconnect.backoff.max.ms": "200"])
        let old = try KafkaProducer(configuration, logger: Scene.quiet)
        let first = try await old.send(records(3..<4)[0])
        #expect(first.offset == 3)
        let (fresh, waiting) = try await ProcessHoldings.withoutDescriptors {
            let second = try await within { try await old.send(records(4..<5)[0]) }
            #expect(second.offset == 4)
            // New clients are made and get no connection.
            let fresh = try KafkaProducer(configuration, logger: Scene.quiet)
            let waiting = Task { try await fresh.send(records(5..<6)[0]) }
            try await eventually { fresh.outstanding == 1 }
            await #expect(throws: KafkaError.self) { try await fresh.flush(timeout: .milliseconds(300)) }
            let admin = try KafkaAdmin(configuration, logger: Scene.quiet)
            await #expect(throws: KafkaError.self) { try await admin.clusterID(timeout: .milliseconds(300)) }
            await admin.close()
            return (fresh, waiting)
        }
        let third = try await within { try await waiting.value }
        #expect(third.offset == 5)
        let admin = try KafkaAdmin(configuration, logger: Scene.quiet)
        let high = try await admin.watermarks(TopicPartition(topic: "t", partition: 0)).high
        #expect(high == 6)
        await admin.close()
        await old.close()
        await fresh.close()
        #expect(LiveHandles.count(clientID: "few") == 0)
    }
}
