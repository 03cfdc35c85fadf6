import Foundation
import Synchronization
import TestStack
import Testing

@testable import Kafka

/// Positions as a database would keep them: a batch that does not start at the stored one is refused.
final class Positions: Sendable {
    struct Stale: Error {}

    private struct State {
        var positions: [TopicPartition: Int64] = [:]
        var applied: [TopicPartition: [Int]] = [:]
    }

    private let state = Guarded(State())

    func start(_ partition: TopicPartition) -> StartOffset {
        state.withLock { $0.positions[partition] }.map { .offset($0) } ?? .beginning
    }

    /// - Returns: false when another consumer has taken over.
    func apply(_ batch: PartitionBatch) -> Bool {
        let partition = TopicPartition(topic: batch.topic, partition: batch.partition)
        return state.withLock { state in
            if let stored = state.positions[partition], stored != batch.startOffset { return false }
            state.positions[partition] = batch.nextOffset
            state.applied[partition, default: []] += batch.records.compactMap(\.number)
            return true
        }
    }

    func applied(_ partition: TopicPartition) -> [Int] { state.withLock { $0.applied[partition] ?? [] } }
    var total: Int { state.withLock { state in state.applied.values.reduce(0) { $0 + $1.count } } }
}

@Suite("Groups")
struct GroupTests {
    @Test("from one member to two and back under load, each record is applied once and in order")
    func oneTwoOne() async throws {
        FaultRecord.note("K10", "a second member joins under load and leaves")
        let scene = try Scene(topics: ["t": 6])
        let (positions, stale) = (Positions(), Seen<TopicPartition>())
        let producer = try scene.producer()
        let isOver = Atomic<Bool>(false)

        func member(_ name: String) throws -> (KafkaConsumer, Task<Void, any Error>) {
            let consumer = try scene.consumer(
                limits: ConsumerLimits(batchRecords: 20), startOffset: { positions.start($0) })
            let task = Task {
                try await consumer.run { stream in
                    for try await batch in stream {
                        try? await Task.sleep(for: .milliseconds(1))
                        if !positions.apply(batch) { stale.add(stream.topicPartition) }
                    }
                }
            }
            return (consumer, task)
        }

        let sending = Task {
            var sent = 0
            while !isOver.load(ordering: .relaxed) {
                let batch = (0..<Int32(6)).flatMap { records(sent..<sent + 10, partition: $0) }
                #expect(await producer.send(batch: batch).allSatisfy { $0.error == nil })
                sent += 10
                try? await Task.sleep(for: .milliseconds(5))
            }
            return sent
        }
        let (first, firstRun) = try member("first")
        try await eventually { first.assignment.count == 6 && positions.total > 0 }
        let (second, secondRun) = try member("second")
        try await eventually { first.assignment.count == 3 && second.assignment.count == 3 }
        let before = positions.total
        try await eventually { positions.total > before + 100 }
        secondRun.cancel()
        try await secondRun.value
        try await eventually { first.assignment.count == 6 }
        isOver.store(true, ordering: .relaxed)
        let sent = await sending.value
        try await eventually { positions.total == 6 * sent }
        firstRun.cancel()
        try await firstRun.value
        await producer.close()

        for partition in Int32(0)..<6 {
            #expect(positions.applied(TopicPartition(topic: "t", partition: partition)) == Array(0..<sent))
        }
        #expect(stale.count == 0)
        try await eventually { scene.isClean }
    }

    @Test("a partition moves only after the batch in flight is finished")
    func revocationWaits() async throws {
        let scene = try Scene(topics: ["t": 2])
        let producer = try scene.producer()
        for partition in Int32(0)..<2 { _ = await producer.send(batch: records(0..<1, partition: partition)) }
        await producer.close()
        let (gate, overlap) = (Gate(), Seen<TopicPartition>())
        let holding = Guarded<Set<TopicPartition>>([])
        let handler: KafkaConsumer.Handler = { stream in
            let partition = stream.topicPartition
            if !holding.withLock({ $0.insert(partition).inserted }) { overlap.add(partition) }
            for try await _ in stream { await gate.pass() }
            holding.withLock { _ = $0.remove(partition) }
        }
        let first = try scene.consumer()
        let firstRun = Task { try await first.run(handler) }
        try await eventually { holding.withLock { $0.count } == 2 }
        let second = try scene.consumer()
        let secondRun = Task { try await second.run(handler) }
        try await eventually { first.finishing == 1 }
        #expect(first.assignment.count == 2)
        #expect(second.assignment.isEmpty)
        gate.open()
        try await eventually { first.assignment.count == 1 && second.assignment.count == 1 }
        #expect(overlap.count == 0)
        for run in [firstRun, secondRun] {
            run.cancel()
            try await run.value
        }
        try await eventually { scene.isClean }
    }

    @Test("a handler that does not end is cancelled, then the partition moves without it, and it gets no more records")
    func deafHandler() async throws {
        FaultRecord.note("K10", "a partition moves away from a handler that does not end")
        let scene = try Scene(topics: ["t": 2])
        let producer = try scene.producer()
        for partition in Int32(0)..<2 { _ = await producer.send(batch: records(0..<10, partition: partition)) }
        await producer.close()
        let (gate, cancelled, late) = (Gate(), Seen<Int>(), Seen<Int>())
        let limits = ConsumerLimits(
            batchRecords: 1, revocation: .milliseconds(100), cancellation: .milliseconds(100))
        let first = try scene.consumer(limits: limits)
        let firstRun = Task {
            try await first.run { stream in
                for try await _ in stream {
                    await gate.pass()
                    if Task.isCancelled {
                        cancelled.add(1)
                        // A deaf handler goes on all the same.
                        for try await batch in stream { late.add(batch.records.count) }
                        return
                    }
                }
            }
        }
        try await eventually { first.assignment.count == 2 }
        let second = try scene.consumer(limits: limits)
        let secondRun = Task {
            try await second.run { stream in
                for try await _ in stream {}
            }
        }
        try await eventually { first.assignment.count == 1 && second.assignment.count == 1 }
        gate.open()
        try await eventually { cancelled.count == 1 }
        #expect(late.count == 0)
        for run in [firstRun, secondRun] {
            run.cancel()
            try await run.value
        }
        try await eventually { scene.isClean }
    }

    @Test("a member that gets nothing leaves as cleanly as the others")
    func idleMember() async throws {
        let scene = try Scene(topics: ["t": 1])
        let consumers = [try scene.consumer(), try scene.consumer()]
        let runs = consumers.map { consumer in
            Task {
                try await consumer.run { stream in
                    for try await _ in stream {}
                }
            }
        }
        try await eventually {
            consumers.allSatisfy(\.client.notices.hasBeenAssigned)
                && consumers.contains { $0.assignment.count == 1 }
        }
        for run in runs {
            run.cancel()
            try await run.value
        }
        try await eventually { scene.isClean }
    }

    @Test("members that come and go, four at a time, leave nothing behind")
    func storm() async throws {
        FaultRecord.note("K10", "members come and go, four at a time")
        let scene = try Scene(topics: ["t": 8])
        let positions = Positions()
        let producer = try scene.producer()
        for partition in Int32(0)..<8 { _ = await producer.send(batch: records(0..<500, partition: partition)) }
        await producer.close()
        try await withThrowingTaskGroup(of: Void.self) { members in
            for member in 0..<4 {
                members.addTask {
                    for life in 0..<2 {
                        let consumer = try scene.consumer(
                            limits: ConsumerLimits(batchRecords: 10), startOffset: { positions.start($0) })
                        let run = Task {
                            try await consumer.run { stream in
                                for try await batch in stream { _ = positions.apply(batch) }
                            }
                        }
                        try await Task.sleep(for: .milliseconds(2_800 + member * 150 + life * 70))
                        run.cancel()
                        try await within { try await run.value }
                    }
                }
            }
            try await members.waitForAll()
        }
        let last = try scene.consumer(startOffset: { positions.start($0) })
        let run = Task {
            try await last.run { stream in
                for try await batch in stream { _ = positions.apply(batch) }
            }
        }
        try await eventually { positions.total == 4_000 }
        run.cancel()
        try await run.value
        for partition in Int32(0)..<8 {
            #expect(positions.applied(TopicPartition(topic: "t", partition: partition)) == Array(0..<500))
        }
        // A member cut off between joining and its first assignment cannot be destroyed without an abort.
        try await eventually {
            LiveHandles.count(clientID: scene.clientID, [.client, .queue, .topic]) == 0
        }
    }
}

extension KafkaConsumer {
    /// Partitions whose handlers are asked to end.
    var finishing: Int {
        client.state.withLock { state in state.streams.values.filter(\.isFinished).count }
    }
}
