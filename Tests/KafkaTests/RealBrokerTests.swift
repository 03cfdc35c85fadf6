import Foundation
import TestStack
import Testing

@testable import Kafka

/// The Kafka that the environment names.
private let namedServers = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP_SERVERS"]

/// What the embedded broker cannot do, on the Kafka that the environment names.
@Suite(
    "A Kafka of the environment",
    .enabled(if: namedServers != nil, "KAFKA_BOOTSTRAP_SERVERS names no broker to try it on"))
struct RealBrokerTests {
    private let place = TopicPartition(topic: "t", partition: 1)

    /// Names that nobody has used before.
    private func configuration() throws -> KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: try #require(namedServers), clientID: "real-broker",
            namespace: "test-\(UUID().uuidString.prefix(8)).")
    }

    @Test("topics are created with their settings, once")
    func topics() async throws {
        let admin = try KafkaAdmin(try configuration(), logger: Scene.quiet)
        let topic = NewTopic(
            name: "t", partitions: 3, configuration: ["cleanup.policy": "compact", "max.message.bytes": "1000000"])
        try await admin.createTopics([topic])
        try await admin.createTopics([topic])
        try await eventually("the topic is known") {
            try await admin.listTopics() == [TopicMetadata(name: "t", partitions: 3)]
        }
        let settings = try await admin.configuration(ofTopic: "t")
        #expect(settings["cleanup.policy"] == "compact")
        #expect(settings["max.message.bytes"] == "1000000")
        let refused = await #expect(throws: KafkaError.self) {
            try await admin.createTopics([
                NewTopic(name: "u", partitions: 1, configuration: ["cleanup.policy": "sometimes"])
            ])
        }
        #expect(refused?.isRetriable == false)
        await admin.close()
    }

    @Test("records arrive in order, and what a group reports can be asked for")
    func records() async throws {
        let configuration = try configuration()
        let admin = try KafkaAdmin(configuration, logger: Scene.quiet)
        try await admin.createTopics([NewTopic(name: "t", partitions: 3)])
        let producer = try KafkaProducer(configuration, logger: Scene.quiet)
        let sent = await producer.send(batch: KafkaTests.records(0..<1_000, partition: 1))
        #expect(sent.map(\.offset) == (0..<1_000).map { Int64($0) })
        let large = await producer.send(batch: [
            KafkaRecord(topic: "t", partition: 1, value: [UInt8](repeating: 1, count: 900_000))
        ])
        #expect(large.map(\.offset) == [1_000])
        await producer.close()
        let seen = Seen<Int64>()
        let consumer = try KafkaConsumer(
            configuration, groupID: "g", topics: ["t"], startOffset: { _ in .beginning }, logger: Scene.quiet)
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream {
                    seen.add(contentsOf: batch.records.map(\.offset))
                    stream.report(batch.nextOffset)
                }
            }
        }
        try await eventually("all read") { seen.count == 1_001 }
        #expect(seen.values == (0...1_000).map { Int64($0) })
        run.cancel()
        try await run.value
        #expect(try await admin.groupOffsets("g", [place]) == [place: 1_001])
        #expect(try await admin.watermarks(place) == (0, 1_001))
        #expect(try await admin.endOffsets(of: [place]) == [place: 1_001])
        #expect(try await admin.records(from: [place: 500]).mapValues(\.offset) == [place: 500])
        await admin.close()
    }

    @Test("an offset that the broker does not have is a loud stop")
    func outOfRange() async throws {
        let configuration = try configuration()
        let admin = try KafkaAdmin(configuration, logger: Scene.quiet)
        try await admin.createTopics([NewTopic(name: "t", partitions: 1)])
        let consumer = try KafkaConsumer(
            configuration, groupID: "g", topics: ["t"], startOffset: { _ in .offset(5) }, logger: Scene.quiet)
        let error = await #expect(throws: KafkaError.self) {
            try await within {
                try await consumer.run { stream in
                    for try await _ in stream {}
                }
            }
        }
        #expect(error?.code == .offsetOutOfRange)
        await admin.close()
    }
}
