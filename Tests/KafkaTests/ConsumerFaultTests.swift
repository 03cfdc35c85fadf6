import Foundation
import TestStack
import Testing

@testable import Kafka

@Suite("Consumer in trouble")
struct ConsumerFaultTests {
    private struct Broken: Error {}

    @Test("an offset that the broker does not have ends the run with an error", arguments: [11, 1_000_000])
    func outOfRange(offset: Int64) async throws {
        FaultRecord.note("K12", "an offset beyond the log's end is asked for")
        let scene = try await Scene.make(records: 10)
        let consumer = try scene.consumer { _ in .offset(offset) }
        let error = await #expect(throws: KafkaError.self) {
            try await within {
                try await consumer.run { stream in
                    for try await _ in stream {}
                }
            }
        }
        #expect(error?.code == .offsetOutOfRange)
        #expect(error?.isRetriable == false)
        #expect(scene.isClean)
    }

    @Test("an error of a handler ends the run with it")
    func handlerError() async throws {
        let scene = try await Scene.make(records: 1)
        let consumer = try scene.consumer()
        await #expect(throws: Broken.self) {
            try await consumer.run { _ in throw Broken() }
        }
        #expect(scene.isClean)
    }

    @Test("an error while finding a start offset ends the run with it")
    func startOffsetError() async throws {
        let scene = try await Scene.make(records: 1)
        let consumer = try scene.consumer { _ in throw Broken() }
        await #expect(throws: Broken.self) {
            try await consumer.run { _ in }
        }
        #expect(scene.isClean)
    }

    @Test("a handler that gives up its partition ends the run loudly")
    func handlerReturns() async throws {
        let scene = try await Scene.make(records: 1)
        let consumer = try scene.consumer()
        let error = await #expect(throws: KafkaError.self) {
            try await consumer.run { _ in }
        }
        #expect(error?.code == .handlerReturned)
        #expect(scene.isClean)
    }

    @Test("a cancelled run ends in peace, whatever had been told to it by then")
    func cancelled() async throws {
        let scene = try await Scene.make(records: 1)
        let consumer = try scene.consumer()
        let gate = Gate()
        let run = Task {
            await gate.pass()
            try await consumer.run { _ in }
        }
        run.cancel()
        consumer.client.events.yield(.failed(KafkaError(.handlerReturned)))
        gate.open()
        try await run.value
        #expect(scene.isClean)
    }

    @Test("a handler slower than the poll interval keeps its partition")
    func slowHandler() async throws {
        FaultRecord.note("K9", "a handler slower than the poll interval")
        let scene = try await Scene.make(records: 20)
        let consumer = try scene.consumer(
            limits: ConsumerLimits(batchRecords: 10),
            properties: ["max.poll.interval.ms": "6000"])
        let (seen, ended) = (Seen<PartitionBatch>(), Seen<Int>())
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream {
                    seen.add(batch)
                    try await Task.sleep(for: .milliseconds(7_500))
                }
                ended.add(1)
            }
        }
        try await eventually { seen.count == 2 }
        #expect(ended.count == 0)
        #expect(seen.values.map(\.startOffset) == [0, 10])
        run.cancel()
        try await run.value
    }

    @Test("a coordinator that moves costs a moment, not a record")
    func coordinatorMoves() async throws {
        FaultRecord.note("K9", "the group's coordinator moves while records are read")
        let scene = try await Scene.make(records: 10, brokers: 3)
        try scene.cluster.setCoordinator(group: "g", broker: 1)
        let consumer = try scene.consumer()
        let seen = Seen<PartitionBatch>()
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream { seen.add(batch) }
            }
        }
        try await eventually { seen.values.last?.nextOffset == 10 }
        try scene.cluster.setCoordinator(group: "g", broker: 2)
        let producer = try scene.producer()
        _ = await producer.send(batch: records(10..<20))
        await producer.close()
        try await eventually { seen.values.last?.nextOffset == 20 }
        run.cancel()
        try await run.value
        #expect(scene.isClean)
    }

    @Test("a broker that goes away while reading costs nothing but time")
    func outage() async throws {
        FaultRecord.note("K2", "the broker closed and opened while a consumer reads")
        let scene = try await Scene.make(records: 10)
        let consumer = try scene.consumer()
        let seen = Seen<ConsumedRecord>()
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream { seen.add(contentsOf: batch.records) }
            }
        }
        try await eventually { seen.count == 10 }
        try scene.cluster.stopBroker()
        let producer = try scene.producer()
        let sending = Task { await producer.send(batch: records(10..<20)) }
        try await Task.sleep(for: .milliseconds(200))
        try scene.cluster.startBroker()
        _ = await sending.value
        await producer.close()
        try await eventually { seen.count == 20 }
        #expect(seen.values.compactMap(\.number) == Array(0..<20))
        run.cancel()
        try await run.value
        try await eventually { scene.isClean }
    }

    @Test("a cluster that comes back empty is a loud stop")
    func replacedCluster() async throws {
        FaultRecord.note("K12", "the broker comes back empty under its address")
        let port = UInt16.random(in: 30_000..<32_000)
        let configuration = KafkaConfiguration(
            bootstrapServers: "127.0.0.1:\(port)", clientID: "replaced-\(port)",
            properties: ["fetch.wait.max.ms": "10", "reconnect.backoff.ms": "20", "session.timeout.ms": "6000"])
        let first = try MockCluster(firstPort: port)
        try first.createTopic("t", partitions: 1)
        let producer = try KafkaProducer(configuration, logger: Scene.quiet)
        _ = await producer.send(batch: records(0..<10))
        let (position, consumerRan) = (Guarded(Int64(0)), Seen<Int64>())
        let consumer = try KafkaConsumer(
            configuration, groupID: "g", topics: ["t"],
            startOffset: { _ in position.withLock { .offset($0) } }, logger: Scene.quiet)
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream {
                    position.withLock { $0 = batch.nextOffset }
                    consumerRan.add(batch.nextOffset)
                }
            }
        }
        try await eventually { consumerRan.values.last == 10 }
        try first.stopBroker()
        let second = try MockCluster(firstPort: port)
        try second.createTopic("t", partitions: 1)
        let error = await #expect(throws: KafkaError.self) {
            try await within { try await run.value }
        }
        #expect(error?.code == .offsetOutOfRange)
        await producer.close()
        #expect(LiveHandles.count(clientID: configuration.clientID) == 0)
        withExtendedLifetime((first, second)) {}
    }

    @Test("a topic that is taken away while it is read is a loud stop")
    func deletedTopic() async throws {
        FaultRecord.note("K12", "a topic is taken away while it is read")
        let scene = try await Scene.make(records: 10)
        let consumer = try scene.consumer(properties: ["topic.metadata.refresh.interval.ms": "200"])
        let seen = Seen<ConsumedRecord>()
        let run = Task {
            try await consumer.run { stream in
                for try await batch in stream { seen.add(contentsOf: batch.records) }
            }
        }
        try await eventually { seen.count == 10 }
        scene.cluster.setError(3, ofTopic: "t")
        let error = await #expect(throws: KafkaError.self) {
            try await within { try await run.value }
        }
        #expect(error?.code.name.contains("UNKNOWN") == true)
        try await eventually { scene.isClean }
    }
}
