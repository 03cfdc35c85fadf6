import TestStack
import Testing

@testable import Kafka

@Suite("Namespace")
struct NamespaceTests {
    private let place = TopicPartition(topic: "t", partition: 0)

    private func scene() throws -> (Scene, KafkaConfiguration) {
        let scene = try Scene(topics: ["staging.t": 1, "t": 1, "staging.u": 2])
        var configuration = scene.configuration(["session.timeout.ms": "6000", "heartbeat.interval.ms": "300"])
        configuration.namespace = "staging."
        return (scene, configuration)
    }

    @Test("records go to and come from the topic of the namespace, under the name without it")
    func records() async throws {
        let (scene, configuration) = try scene()
        let producer = try KafkaProducer(configuration, logger: Scene.quiet)
        #expect(await producer.send(batch: KafkaTests.records(0..<3)).map(\.offset) == [0, 1, 2])
        await producer.close()

        let (asked, seen) = (Seen<TopicPartition>(), Seen<ConsumedRecord>())
        let consumer = try KafkaConsumer(
            configuration, groupID: "g", topics: ["t"],
            startOffset: { place in
                asked.add(place)
                return .offset(1)
            }, logger: Scene.quiet)
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream {
                    #expect(TopicPartition(topic: batch.topic, partition: batch.partition) == stream.topicPartition)
                    stream.report(batch.nextOffset)
                    seen.add(contentsOf: batch.records)
                }
            }
        }
        try await eventually("read") { seen.count == 2 }
        #expect(asked.values == [place])
        #expect(consumer.assignment == [place])
        #expect(seen.values.map(\.topic) == ["t", "t"])
        run.cancel()
        try await run.value

        let admin = try KafkaAdmin(configuration, logger: Scene.quiet)
        #expect(try await admin.groupOffsets("g", [place]) == [place: 3])
        await admin.close()
        let plain = try KafkaAdmin(scene.configuration(), logger: Scene.quiet)
        #expect(try await plain.watermarks(place).high == 0)
        #expect(try await plain.watermarks(TopicPartition(topic: "staging.t", partition: 0)).high == 3)
        await plain.close()
        #expect(scene.isClean)
    }

    @Test("only the topics of the namespace are seen")
    func administration() async throws {
        let (scene, configuration) = try scene()
        let admin = try KafkaAdmin(configuration, logger: Scene.quiet)
        #expect(try await admin.listTopics().map(\.name) == ["t", "u"])
        #expect(try await admin.describe("u")?.partitions.count == 2)
        #expect(try await admin.describe("staging.u") == nil)
        #expect(try await admin.watermarks(place) == (0, 0))
        #expect(try await admin.endOffsets(of: [place]) == [place: 0])
        #expect(try await admin.record(at: place, offset: 0) == nil)
        await admin.close()
        #expect(scene.isClean)
    }
}
