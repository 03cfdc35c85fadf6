import Foundation
import TestStack
import Testing

@testable import Kafka

@Suite("Admin")
struct AdminTests {
    @Test("topics, watermarks and single records can be asked for")
    func asking() async throws {
        let scene = try Scene(brokers: 3, topics: ["t": 2, "u": 5])
        let producer = try scene.producer()
        _ = await producer.send(batch: records(0..<5))
        await producer.close()
        let admin = try KafkaAdmin(scene.configuration(), logger: Scene.quiet)
        let partition = TopicPartition(topic: "t", partition: 0)
        #expect(
            try await admin.listTopics() == [
                TopicMetadata(name: "t", partitions: 2), TopicMetadata(name: "u", partitions: 5),
            ])
        let description = try #require(try await admin.describe("u"))
        #expect(description.partitions.count == 5)
        #expect(description.partitions.allSatisfy { $0.leader != nil && $0.replicas.count == 3 })
        #expect(try await admin.describe("v") == nil)
        #expect(try await admin.watermarks(partition) == (0, 5))
        let all = (Int32(0)..<2).map { TopicPartition(topic: "t", partition: $0) }
        #expect(try await admin.endOffsets(of: all) == [all[0]: 5, all[1]: 0])
        #expect(try await admin.record(at: partition, offset: 3)?.number == 3)
        #expect(try await admin.record(at: partition, offset: 5) == nil)
        #expect(try await admin.record(at: partition, offset: 50) == nil)
        let firsts = try await admin.records(from: [all[0]: 2, all[1]: 0])
        #expect(firsts.mapValues(\.offset) == [all[0]: 2])
        await admin.close()
        await #expect(throws: KafkaError(.closed)) { try await admin.listTopics() }
        #expect(scene.isClean)
    }

    @Test("what the broker cannot do is told so, without waiting for the time-out")
    func unsupported() async throws {
        let scene = try Scene()
        let admin = try KafkaAdmin(scene.configuration(), logger: Scene.quiet)
        let start = ContinuousClock.now
        let creating = await #expect(throws: KafkaError.self) {
            try await admin.createTopics([NewTopic(name: "v", partitions: 1)])
        }
        let created = ContinuousClock.now
        let telling = await #expect(throws: KafkaError.self) { try await admin.configuration(ofTopic: "t") }
        #expect(creating?.code == .unsupported)
        #expect(telling?.code == .unsupported)
        // Its time-out would be 30 s for the first and 10 s for the second.
        #expect(start.duration(to: created) < .seconds(20))
        #expect(created.duration(to: .now) < .seconds(8))
        await admin.close()
    }

    @Test("without a broker each question ends in time")
    func nobody() async throws {
        let scene = try Scene()
        try scene.cluster.stopBroker()
        let admin = try KafkaAdmin(scene.configuration(), logger: Scene.quiet)
        let partition = TopicPartition(topic: "t", partition: 0)
        let timeout = Duration.milliseconds(200)
        let errors = [
            await #expect(throws: KafkaError.self) { try await admin.clusterID(timeout: timeout) },
            await #expect(throws: KafkaError.self) { try await admin.listTopics(timeout: timeout) },
            await #expect(throws: KafkaError.self) { try await admin.watermarks(partition, timeout: timeout) },
            await #expect(throws: KafkaError.self) { try await admin.groupOffsets("g", [partition], timeout: timeout) },
            await #expect(throws: KafkaError.self) {
                try await admin.record(at: partition, offset: 0, timeout: timeout)
            },
            await #expect(throws: KafkaError.self) {
                try await admin.createTopics([NewTopic(name: "v", partitions: 1)], timeout: timeout)
            },
        ]
        #expect(errors.map { $0?.code } == Array(repeating: .timedOut, count: 6))
        await admin.close()
        #expect(scene.isClean)
    }

    @Test("a cluster that is replaced under its address is known by its new id")
    func replacedCluster() async throws {
        let port = UInt16.random(in: 20_000..<30_000)
        let ids = Seen<String>()
        let configuration = KafkaConfiguration(
            bootstrapServers: "127.0.0.1:\(port)", clientID: "replaced-\(port)",
            properties: ["reconnect.backoff.ms": "20", "reconnect.backoff.max.ms": "100"])
        let producer = try KafkaProducer(configuration, logger: Scene.quiet)
        // The first one stays in memory, as a mock's id is made from its address.
        let first = try MockCluster(firstPort: port)
        for cluster in [first, nil] {
            let cluster = try cluster ?? MockCluster(firstPort: port)
            #expect(cluster.bootstrapServers == "127.0.0.1:\(port)")
            try cluster.createTopic("t", partitions: 1)
            #expect(try await producer.send(records(0..<1)[0]).offset == 0)
            ids.add(try await producer.clusterID())
            try cluster.stopBroker()
        }
        withExtendedLifetime(first) {}
        #expect(Set(ids.values).count == 2)
        await producer.close()
        #expect(LiveHandles.count(clientID: configuration.clientID) == 0)
    }
}
