import Foundation
import TestStack
import Testing

@testable import Kafka

/// Every call of the module, cancelled at many random moments: nothing stays behind and nothing hangs.
@Suite("Cancelled at any moment", .serialized, .timeLimit(.minutes(5)))
struct CancellationStormTests {
    @Test("what a cancelled sender is told is true: done is there once, refused is not there")
    func sending() async throws {
        let scene = try Scene()
        let producer = try scene.producer(limits: ProducerLimits(records: 64))
        let told = Locked<[Int: Result<KafkaDelivery, KafkaError>]>([:])
        let size = 100
        let rounds = try await cancelAtRandomMoments(rounds: 60, seed: SeededGenerator.seed) { round in
            let results = await producer.send(batch: records(round * size..<(round + 1) * size))
            #expect(results.count == size)
            told.withLock { for (index, result) in results.enumerated() { $0[round * size + index] = result } }
        }
        #expect(rounds.done.count == 60, "a send answers, also one that is cancelled")
        try await eventually("nothing is on its way") { producer.outstanding == 0 }
        await producer.close()
        let admin = try KafkaAdmin(scene.configuration(), logger: Scene.quiet)
        let end = try await admin.watermarks(TopicPartition(topic: "t", partition: 0)).high
        await admin.close()
        let seen = Seen<ConsumedRecord>()
        try await scene.read(until: { seen.values.last.map { $0.offset == end - 1 } ?? false }) {
            seen.add(contentsOf: $0.records)
        }
        let numbers = seen.values.compactMap(\.number)
        #expect(numbers.count == Set(numbers).count, "a record is there twice")
        let there = Set(numbers)
        let answers = told.withLock { $0 }
        #expect(answers.values.contains { $0.error?.code == .cancelled }, "nobody was cancelled")
        for (number, result) in answers {
            switch result {
            case .success: #expect(there.contains(number))
            case .failure(let error):
                #expect(error.code == .cancelled)
                if !error.isOutcomeUnknown { #expect(!there.contains(number)) }
            }
        }
        #expect(scene.isClean)
    }

    @Test("flushing, purging and closing that is cancelled leaves no client and no sender behind")
    func closing() async throws {
        let scene = try Scene()
        let rounds = try await cancelAtRandomMoments(rounds: 40, seed: SeededGenerator.seed) { round in
            let producer = try scene.producer()
            async let sent = producer.send(batch: records(0..<200))
            if round.isMultiple(of: 2) { try? await producer.flush(timeout: .seconds(5)) }
            if round.isMultiple(of: 5) { producer.purge() }
            await producer.close(flushing: .milliseconds(200))
            #expect(await sent.count == 200)
            try Task.checkCancellation()
        }
        #expect(!rounds.thrown.isEmpty)
        #expect(rounds.thrown.values.allSatisfy { $0 is CancellationError })
        try await eventually { scene.isClean }
    }

    /// A question to the cluster.
    struct Question: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let ask: @Sendable (KafkaAdmin, TopicPartition) async throws -> Void
    }

    static let questions = [
        Question(testDescription: "cluster id") { admin, _ in _ = try await admin.clusterID() },
        Question(testDescription: "topics") { admin, _ in _ = try await admin.listTopics() },
        Question(testDescription: "one topic") { admin, place in _ = try await admin.describe(place.topic) },
        Question(testDescription: "watermarks") { admin, place in _ = try await admin.watermarks(place) },
        Question(testDescription: "end offsets") { admin, place in _ = try await admin.endOffsets(of: [place]) },
        Question(testDescription: "group offsets") { admin, place in _ = try await admin.groupOffsets("g", [place]) },
        Question(testDescription: "a record") { admin, place in _ = try await admin.record(at: place, offset: 3) },
        Question(testDescription: "settings, which the mock cannot tell") { admin, place in
            do {
                _ = try await admin.configuration(ofTopic: place.topic)
            } catch let error as KafkaError where error.code == .unsupported {}
        },
        Question(testDescription: "new topics, which the mock cannot make") { admin, _ in
            do {
                try await admin.createTopics([NewTopic(name: "new", partitions: 1)])
            } catch let error as KafkaError where error.code == .unsupported {}
        },
    ]

    @Test("a question that is cancelled is answered or ends, also when its client closes", arguments: questions)
    func asking(_ question: Question) async throws {
        let scene = try await Scene.make(records: 5)
        let place = TopicPartition(topic: "t", partition: 0)
        let standing = try KafkaAdmin(scene.configuration(), logger: Scene.quiet)
        let rounds = try await cancelAtRandomMoments(rounds: 20, seed: SeededGenerator.seed) { round in
            let admin =
                round.isMultiple(of: 4) ? try KafkaAdmin(scene.configuration(), logger: Scene.quiet) : standing
            async let answer: Void = question.ask(admin, place)
            if round.isMultiple(of: 4) { await admin.close() }
            do {
                try await answer
            } catch let error as KafkaError where round.isMultiple(of: 4) {
                #expect(error.code == .closed)
            }
        }
        #expect(rounds.thrown.values.allSatisfy { ($0 as? KafkaError)?.code == .cancelled })
        #expect(!rounds.done.isEmpty)
        await standing.close()
        try await eventually { scene.isClean }
    }

    @Test("handlers that seek, pause and report are cancelled at any moment, and their consumer ends in peace")
    func consuming() async throws {
        let scene = try await Scene.make(records: 200, partitions: 4)
        let seed = SeededGenerator.seed
        let ended = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &+ UInt64(number))
                    let delay = Duration.microseconds(Int.random(in: 0...30_000, using: &generator))
                    let consumer = try scene.consumer(group: "g\(number)", limits: ConsumerLimits(batchRecords: 7))
                    let started = Gate()
                    let run = Task {
                        try await consumer.run { stream in
                            for try await batch in stream {
                                started.open()
                                stream.report(batch.nextOffset)
                                consumer.pause([stream.topicPartition])
                                consumer.resume([stream.topicPartition])
                                if batch.nextOffset > 100 { try await stream.seek(to: .offset(20)) }
                            }
                        }
                    }
                    await started.pass()
                    try await Task.sleep(for: delay)
                    run.cancel()
                    try await within { try await run.value }
                    ended.add()
                }
            }
            try await group.waitForAll()
        }
        #expect(ended.value == 6)
        try await eventually { scene.isClean }
    }
}
