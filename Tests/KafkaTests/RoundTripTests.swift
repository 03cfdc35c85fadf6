import Foundation
import TestStack
import Testing

@testable import Kafka

@Suite("Records there and back")
struct RoundTripTests {
    @Test("a record comes back as it was sent, null and empty kept apart")
    func fields() async throws {
        let scene = try Scene()
        let producer = try scene.producer()
        let time = Date(timeIntervalSince1970: 1_790_000_000.123)
        let sent = [
            KafkaRecord(
                topic: "t", partition: 0, key: Array("khóa".utf8), value: Array("giá trị".utf8),
                headers: [KafkaHeader("ce_id", "1"), KafkaHeader("ce_id", "2"), KafkaHeader(name: "empty", value: [])],
                timestamp: time),
            KafkaRecord(topic: "t", partition: 0, key: [], value: []),
            KafkaRecord(topic: "t", partition: 0, key: nil, value: nil),
        ]
        #expect(await producer.send(batch: sent).map(\.offset) == [0, 1, 2])
        await producer.close()

        let seen = Seen<PartitionBatch>()
        try await scene.read(until: { seen.values.reduce(0) { $0 + $1.records.count } == 3 }) { seen.add($0) }

        let got = seen.values.flatMap(\.records)
        #expect(got.map(\.key) == sent.map(\.key))
        #expect(got.map(\.value) == sent.map(\.value))
        #expect(got.map(\.headers) == sent.map(\.headers))
        #expect(got.map(\.offset) == [0, 1, 2])
        let difference = try #require(got[0].timestamp).timeIntervalSince(time)
        #expect(abs(difference) < 0.001)
        try await eventually { scene.isClean }
    }

    @Test("records of one partition keep their order, and batches follow each other without a gap")
    func order() async throws {
        let scene = try Scene(topics: ["t": 3])
        let producer = try scene.producer()
        for partition in Int32(0)..<3 {
            let results = await producer.send(batch: records(0..<3_000, partition: partition))
            #expect(results.map(\.offset) == (0..<3_000).map { Int64($0) })
        }
        await producer.close()

        let seen = Seen<PartitionBatch>()
        try await scene.read(until: { seen.values.reduce(0) { $0 + $1.records.count } >= 9_000 }) { seen.add($0) }

        for partition in Int32(0)..<3 {
            let batches = seen.values.filter { $0.partition == partition }
            #expect(batches.flatMap(\.records).compactMap(\.number) == Array(0..<3_000))
            #expect(batches.map(\.startOffset) == [0] + batches.dropLast().map(\.nextOffset))
        }
        try await eventually { scene.isClean }
    }

    @Test("a record far larger than one fetch comes through, between small ones")
    func largeRecord() async throws {
        let scene = try Scene()
        let producer = try scene.producer()
        let large = KafkaRecord(topic: "t", partition: 0, value: [UInt8](repeating: 7, count: 900_000))
        let results = await producer.send(batch: records(0..<2) + [large, large] + records(2..<4))
        #expect(results.map(\.offset) == (0..<6).map { Int64($0) })
        await producer.close()
        let seen = Seen<ConsumedRecord>()
        try await scene.read(until: { seen.count == 6 }) { seen.add(contentsOf: $0.records) }
        #expect(seen.values.map { $0.value?.count ?? 0 } == [1, 1, 900_000, 900_000, 1, 1])
    }

    @Test("the same key goes to the partition that other clients would choose")
    func partitioner() async throws {
        let scene = try Scene(topics: ["t": 12])
        let producer = try scene.producer()
        // murmur2 of the key, made positive, modulo 12: computed with Kafka's own reference values.
        let known: [(key: String, hash: UInt32)] = [("kafka", 0xd067_cf64), ("giberish123456789", 0x8f55_2b0c)]
        for (key, hash) in known {
            let delivery = try await producer.send(KafkaRecord(topic: "t", key: Array(key.utf8), value: [1]))
            #expect(delivery.partition == Int32((hash & 0x7fff_ffff) % 12))
        }
        await producer.close()
        #expect(scene.isClean)
    }
}

extension Scene {
    /// Reads every partition until the condition holds, then cancels and waits for the end.
    func read(
        group: String = "g", limits: ConsumerLimits = .default, until isEnough: @escaping @Sendable () -> Bool,
        _ body: @escaping @Sendable (PartitionBatch) async throws -> Void
    ) async throws {
        let consumer = try consumer(group: group, limits: limits)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await consumer.run { stream in
                    for try await batch in stream { try await body(batch) }
                }
            }
            try await eventually { isEnough() }
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }
}
