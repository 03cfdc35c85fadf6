import Foundation
import TestStack
import Testing

@testable import Kafka

@Suite("Consumer")
struct ConsumerTests {
    @Test("reading starts where the caller says, whatever was reported")
    func startOffset() async throws {
        let scene = try await Scene.make(records: 10)
        let consumer = try scene.consumer { _ in .offset(7) }
        let seen = Seen<PartitionBatch>()
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream { seen.add(batch) }
            }
        }
        try await eventually { seen.values.last?.nextOffset == 10 }
        #expect(seen.values.first?.startOffset == 7)
        #expect(seen.values.flatMap(\.records).compactMap(\.number) == [7, 8, 9])
        run.cancel()
        try await run.value
        #expect(scene.isClean)
    }

    @Test("after a seek the same records come again, from where was sought")
    func seek() async throws {
        let scene = try await Scene.make(records: 100)
        let consumer = try scene.consumer(limits: ConsumerLimits(batchRecords: 10))
        let seen = Seen<PartitionBatch>()
        let run = Task {
            try await consumer.run { stream in
                var hasFailed = false
                for try await batch in stream {
                    seen.add(batch)
                    if batch.nextOffset >= 50 && !hasFailed {
                        hasFailed = true
                        try await stream.seek(to: .offset(20))
                    }
                }
            }
        }
        try await eventually { seen.values.last?.nextOffset == 100 }
        let starts = seen.values.map(\.startOffset)
        #expect(starts.filter { $0 == 20 }.count == 2)
        let again = try #require(starts.lastIndex(of: 20))
        #expect(seen.values[again...].flatMap(\.records).compactMap(\.number) == Array(20..<100))
        run.cancel()
        try await run.value
        #expect(scene.isClean)
    }

    @Test("a paused partition brings nothing until it is resumed, and then loses nothing")
    func pausing() async throws {
        let scene = try await Scene.make(records: 10)
        let consumer = try scene.consumer()
        let seen = Seen<ConsumedRecord>()
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream { seen.add(contentsOf: batch.records) }
            }
        }
        let partition = TopicPartition(topic: "t", partition: 0)
        try await eventually { seen.count == 10 }
        consumer.pause([partition])
        try await eventually { consumer.isPaused(partition) }
        let producer = try scene.producer()
        _ = await producer.send(batch: records(10..<20))
        await producer.close()
        try await Task.sleep(for: .milliseconds(100))
        #expect(seen.count == 10)
        consumer.resume([partition])
        try await eventually { seen.count == 20 }
        #expect(seen.values.compactMap(\.number) == Array(0..<20))
        run.cancel()
        try await run.value
        #expect(scene.isClean)
    }

    @Test("a shutdown lets the work in flight finish and brings no further batch")
    func shutdown() async throws {
        let scene = try await Scene.make(records: 100)
        let consumer = try scene.consumer(limits: ConsumerLimits(batchRecords: 10))
        let (started, gate, finished) = (Seen<Int64>(), Gate(), Seen<Int64>())
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream {
                    started.add(batch.startOffset)
                    await gate.pass()
                    #expect(!Task.isCancelled)
                    finished.add(batch.startOffset)
                }
            }
        }
        try await eventually { started.count == 1 }
        consumer.shutdown()
        gate.open()
        try await run.value
        #expect(started.values == [0])
        #expect(finished.values == [0])
        #expect(scene.isClean)
    }

    @Test("a run that is cancelled before it has partitions ends cleanly")
    func earlyCancellation() async throws {
        let scene = try await Scene.make(records: 1)
        let consumer = try scene.consumer()
        let run = Task {
            try await consumer.run { stream in
                for try await _ in stream {}
            }
        }
        run.cancel()
        try await run.value
        #expect(scene.isClean)
    }

    @Test("closing while the first assignment arrives is bounded", arguments: [2_900, 2_990, 3_010, 3_050])
    func closingDuringAssignment(milliseconds: Int) async throws {
        let scene = try await Scene.make(records: 10, partitions: 12)
        let consumer = try scene.consumer()
        let run = Task {
            try await consumer.run { stream in
                for try await _ in stream {}
            }
        }
        try await Task.sleep(for: .milliseconds(milliseconds))
        run.cancel()
        try await within { try await run.value }
        try await eventually { scene.isClean }
    }

    @Test("a consumer that never ran gives its client back")
    func neverRun() async throws {
        let scene = try await Scene.make()
        do { _ = try scene.consumer() }
        try await eventually { scene.isClean }
    }

    @Test("small limits on reading ahead do not slow a reader down to one look a second")
    func smallPrefetch() async throws {
        let scene = try await Scene.make(records: 5_000)
        let seen = Seen<Int>()
        let clock = ContinuousClock()
        let started = Guarded<ContinuousClock.Instant?>(nil)
        let limits = ConsumerLimits(batchRecords: 50, prefetchRecords: 100)
        try await scene.read(limits: limits, until: { seen.count >= 5_000 }) { batch in
            started.withLock { $0 = $0 ?? clock.now }
            seen.add(contentsOf: batch.records.compactMap(\.number))
        }
        #expect(seen.values == Array(0..<5_000))
        let start = try #require(started.withLock { $0 })
        // Looked at once a second it would be fifty.
        #expect(start.duration(to: clock.now) < .seconds(40))
    }

    @Test("what was reported can be asked for, and leaving the group reports the rest")
    func reports() async throws {
        let scene = try await Scene.make(records: 10)
        let consumer = try scene.consumer(limits: ConsumerLimits(reporting: .milliseconds(50)))
        let admin = try KafkaAdmin(scene.configuration(), logger: Scene.quiet)
        let partition = TopicPartition(topic: "t", partition: 0)
        #expect(try await admin.groupOffsets("g", [partition]) == [partition: nil])
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream { stream.report(batch.nextOffset) }
            }
        }
        try await eventually { try await admin.groupOffsets("g", [partition]) == [partition: 10] }
        run.cancel()
        try await run.value
        await admin.close()
        #expect(scene.isClean)
    }
}

extension KafkaConsumer {
    func isPaused(_ partition: TopicPartition) -> Bool {
        client.state.withLock { $0.paused.contains(partition) }
    }
}
