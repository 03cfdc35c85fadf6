import Foundation
import Logging
import TestStack
import Testing

@testable import Kafka

/// Clients that are closed while librdkafka has something to tell them.
@Suite("Closing", .serialized, .timeLimit(.minutes(5)))
struct ClosingTests {
    /// A step on the way of a consumer to its records, at which it is closed.
    enum Step: String, CaseIterable {
        case joining, resolving, starting, reading, leaving
    }

    enum Way: CaseIterable { case cancelled, shutDown }

    /// Some time after a step, at random.
    private static func moments(seed: UInt64) -> [(Step, Way, Duration)] {
        var generator = SeededGenerator(seed: seed)
        return Step.allCases.flatMap { step in
            Way.allCases.flatMap { way in
                (0..<2).map { _ in
                    // The mock holds a new group for three seconds before it assigns.
                    let range = step == .joining ? 0...3_200_000 : 0...20_000
                    return (step, way, .microseconds(Int.random(in: range, using: &generator)))
                }
            }
        }
    }

    @Test("a consumer that is closed at any moment of its assignment ends in time and gives everything back")
    func atEveryStep() async throws {
        let scene = try await Scene.make(records: 100, partitions: 12)
        let reached = Seen<Step>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, (step, way, delay)) in Self.moments(seed: SeededGenerator.seed).enumerated() {
                group.addTask {
                    try await Self.close(scene, group: "g\(number)", at: step, way, after: delay)
                    reached.add(step)
                }
            }
            try await group.waitForAll()
        }
        #expect(reached.count == Step.allCases.count * 4)
        // One cut off between joining and its first assignment cannot be destroyed without an abort.
        let kinds: [LiveHandles.Kind] = [.client, .queue, .topic]
        try await eventually { LiveHandles.count(clientID: scene.clientID, kinds) == 0 }
    }

    private static func close(
        _ scene: Scene, group: String, at step: Step, _ way: Way, after delay: Duration
    ) async throws {
        let reached = Gate()
        let consumer = try scene.consumer(group: group, limits: ConsumerLimits(batchRecords: 10)) { _ in
            if step == .resolving { reached.open() }
            return .beginning
        }
        let run = Task {
            try await consumer.run { stream in
                if step == .starting { reached.open() }
                for try await batch in stream {
                    if step == .reading { reached.open() }
                    stream.report(batch.nextOffset)
                }
            }
        }
        switch step {
        case .joining: reached.open()
        case .leaving:
            // Another member takes half of what it has.
            try await eventually { consumer.assignment.count == 12 }
            let other = try scene.consumer(group: group)
            let otherRun = Task {
                try await other.run { stream in
                    reached.open()
                    for try await _ in stream {}
                }
            }
            defer { otherRun.cancel() }
            try await end(run, consumer, way, once: reached, after: delay)
            otherRun.cancel()
            return try await within { try await otherRun.value }
        case .resolving, .starting, .reading: break
        }
        try await end(run, consumer, way, once: reached, after: delay)
    }

    private static func end(
        _ run: Task<Void, any Error>, _ consumer: KafkaConsumer, _ way: Way, once reached: Gate, after delay: Duration
    ) async throws {
        try await within { await reached.pass() }
        try await Task.sleep(for: delay)
        switch way {
        case .cancelled: run.cancel()
        case .shutDown: consumer.shutdown()
        }
        try await within { try await run.value }
    }

    @Test("reports, statistics, errors and log lines that arrive while a producer closes reach it or nobody")
    func producer() async throws {
        let scene = try Scene()
        var generator = SeededGenerator(seed: SeededGenerator.seed)
        for round in 0..<20 {
            let lines = Tally()
            let logger = Logger(label: "closing") { _ in CountingLogHandler(lines: lines) }
            let producer = try KafkaProducer(scene.configuration(Self.talkative), logger: logger)
            let first = await producer.send(batch: records(0..<1))
            #expect(first.allSatisfy { $0.error == nil })
            let sends = (0..<4).map { _ in Task { await producer.send(batch: records(0..<500)) } }
            if round.isMultiple(of: 3) { try scene.cluster.stopBroker() }
            try await Task.sleep(for: .microseconds(Int.random(in: 0...5_000, using: &generator)))
            #expect(lines.value > 0, "nobody said anything")
            await producer.close(flushing: .zero)
            let said = lines.value
            for send in sends {
                let results = await send.value
                #expect(results.count == 500)
                #expect(results.allSatisfy { $0.error.map { $0.code != .cancelled } ?? true })
            }
            #expect(scene.isClean)
            if round.isMultiple(of: 3) { try scene.cluster.startBroker() }
            #expect(lines.value == said, "a client that was closed spoke")
        }
    }

    @Test("statistics, errors and log lines that arrive while a consumer or an admin closes reach it or nobody")
    func consumer() async throws {
        let scene = try await Scene.make(records: 10)
        let seed = SeededGenerator.seed
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &+ UInt64(number))
                    let lines = Tally()
                    let logger = Logger(label: "closing") { _ in CountingLogHandler(lines: lines) }
                    let consumer = try KafkaConsumer(
                        scene.configuration(Self.talkative), groupID: "talkative\(number)", topics: ["t"],
                        startOffset: { _ in .beginning }, logger: logger)
                    let seen = Seen<Int64>()
                    let run = Task {
                        try await consumer.run { stream in
                            for try await batch in stream { seen.add(batch.nextOffset) }
                        }
                    }
                    let admin = try KafkaAdmin(scene.configuration(["debug": "generic,broker"]), logger: logger)
                    try await eventually { seen.values.last == 10 }
                    let asking = Task { try await admin.listTopics() }
                    try await Task.sleep(for: .microseconds(Int.random(in: 0...5_000, using: &generator)))
                    run.cancel()
                    async let adminEnd: Void = admin.close()
                    try await within { try await run.value }
                    await adminEnd
                    _ = await asking.result
                    let said = lines.value
                    #expect(said > 0, "nobody said anything")
                    await Task.yield()
                    #expect(lines.value == said, "a client that was closed spoke")
                }
            }
            try await group.waitForAll()
        }
        #expect(scene.isClean)
    }

    private static let talkative = ["debug": "generic,broker,cgrp,eos", "statistics.interval.ms": "2"]
}

/// Counts the lines of librdkafka itself; those of the module's own are told by no facility.
private struct CountingLogHandler: LogHandler {
    let lines: Tally
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if event.metadata?[LogKey.facility] != nil { lines.add() }
    }
}
