import CRdKafka
import TestStack
import Testing

@testable import Kafka

@Suite("Producer")
struct ProducerTests {
    @Test("a record refused for good does not keep others from being written")
    func refused() async throws {
        FaultRecord.note("K7", "one record too large among others")
        let scene = try Scene()
        let producer = try scene.producer()
        var batch = records(0..<3)
        batch.insert(KafkaRecord(topic: "t", partition: 0, value: [UInt8](repeating: 1, count: 2_000_000)), at: 1)
        batch.insert(KafkaRecord(topic: "t", partition: 99, value: [1]), at: 3)
        let results = await producer.send(batch: batch)
        #expect(results.map(\.offset) == [0, nil, 1, nil, 2])
        #expect(results[1].error?.code == .messageTooLarge)
        #expect(results[1].error?.isRetriable == false)
        #expect(results[1].error?.isOutcomeUnknown == false)
        #expect(results[3].error != nil)
        await producer.close()
        #expect(scene.isClean)
    }

    @Test("the queue is bounded: sends wait for room and go on when there is some")
    func backPressure() async throws {
        let scene = try Scene()
        try scene.cluster.stopBroker()
        let producer = try scene.producer(limits: ProducerLimits(records: 100))
        let done = Seen<Int>()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for sender in 0..<10 {
                tasks.addTask {
                    let results = await producer.send(batch: records(0..<50))
                    #expect(results.allSatisfy { $0.error == nil })
                    done.add(sender)
                }
            }
            try await eventually { producer.outstanding == 100 }
            #expect(done.count == 0)
            try scene.cluster.startBroker()
            while let _ = try await tasks.next() { #expect(producer.outstanding <= 100) }
        }
        #expect(done.count == 10)
        #expect(producer.outstanding == 0)
        await producer.close()
        #expect(scene.isClean)
    }

    @Test("a batch larger than the queue goes through it in order")
    func largeBatch() async throws {
        let scene = try Scene()
        let producer = try scene.producer(limits: ProducerLimits(records: 64))
        let results = await producer.send(batch: records(0..<5_000))
        #expect(results.map(\.offset) == (0..<5_000).map { Int64($0) })
        await producer.close()
        #expect(scene.isClean)
    }

    @Test("a cancelled sender gets its answers at once, and tells what may have been written")
    func cancellation() async throws {
        FaultRecord.note("K4", "a sender cancelled while its records are on their way")
        let scene = try Scene()
        try scene.cluster.stopBroker()
        let producer = try scene.producer(limits: ProducerLimits(records: 10))
        let task = Task { await producer.send(batch: records(0..<30)) }
        try await eventually { producer.outstanding > 8 }
        task.cancel()
        let results = await task.value
        #expect(results.count == 30)
        #expect(results.allSatisfy { $0.error?.code == .cancelled })
        #expect(results[0].error?.isOutcomeUnknown == true)
        #expect(results[29].error?.isOutcomeUnknown == false)
        await producer.close(flushing: .zero)
        #expect(scene.isClean)
    }

    @Test("purged records are answered with an error, and the producer can be used on")
    func purge() async throws {
        let scene = try Scene()
        let producer = try scene.producer(limits: ProducerLimits(records: 20))
        _ = try await producer.send(records(0..<1)[0])
        try scene.cluster.stopBroker()
        async let waiting = producer.send(batch: records(0..<40))
        try await eventually { producer.outstanding == 20 }
        producer.purge()
        #expect(await waiting.allSatisfy { $0.error != nil })
        try await eventually { producer.outstanding == 0 }
        try scene.cluster.startBroker()
        _ = try await producer.send(records(1..<2)[0])
        await producer.close()
        #expect(scene.isClean)
    }

    @Test("after a fatal error the waiting records fail and the next send has a new client")
    func fatal() async throws {
        FaultRecord.note("K6", "a fatal error of the producer with records waiting")
        let scene = try Scene()
        let producer = try scene.producer()
        _ = try await producer.send(records(0..<1)[0])
        try scene.cluster.stopBroker()
        async let waiting = producer.send(batch: records(1..<10))
        try await eventually { producer.outstanding == 9 }
        let first = try #require(producer.currentHandle)
        first.ifOpen { client in
            _ = rd_kafka_test_fatal_error(client, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "test")
        }
        #expect(await waiting.allSatisfy { $0.error != nil })
        try scene.cluster.startBroker()
        #expect(try await producer.send(records(10..<11)[0]).offset == 1)
        #expect(producer.currentHandle !== first)
        await producer.close()
        try await eventually { scene.isClean }
    }

    @Test("errors of the broker are retried without loss, repetition or reordering")
    func retries() async throws {
        FaultRecord.note("K5", "produce requests fail one after the other")
        let scene = try Scene()
        let producer = try scene.producer(["retry.backoff.ms": "10"])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                for round in 0..<20 {
                    let results = await producer.send(batch: records(round * 50..<(round + 1) * 50))
                    #expect(results.allSatisfy { $0.error == nil })
                }
            }
            // Not leader, timed out, not enough replicas, not enough replicas after append, closed connection.
            scene.cluster.failNext(.produce, with: [6, 7, 19, 20, -195, 6, 7])
            try await tasks.waitForAll()
        }
        await producer.close()
        let seen = Seen<ConsumedRecord>()
        try await scene.read(until: { seen.count >= 1_000 }) { seen.add(contentsOf: $0.records) }
        #expect(seen.values.compactMap(\.number) == Array(0..<1_000))
    }

    @Test("a broker that goes away and comes back under load costs nothing but time")
    func outage() async throws {
        FaultRecord.note("K2", "the broker closed and opened while a producer sends")
        let scene = try Scene()
        let producer = try scene.producer(limits: ProducerLimits(records: 500))
        let sent = Seen<Int64?>()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                for round in 0..<100 {
                    sent.add(
                        contentsOf: await producer.send(batch: records(round * 20..<(round + 1) * 20)).map(\.offset))
                }
            }
            try await eventually { sent.count >= 200 }
            try scene.cluster.stopBroker()
            let before = sent.count
            try await Task.sleep(for: .milliseconds(100))
            #expect(sent.count <= before + 40)
            try scene.cluster.startBroker()
            try await tasks.waitForAll()
        }
        #expect(sent.values == (0..<2_000).map { Int64($0) })
        await producer.close()
    }

    @Test("one partition without a leader does not hold up another")
    func leaderless() async throws {
        FaultRecord.note("K3", "one partition without a leader for a while")
        let scene = try Scene(brokers: 3, topics: ["t": 2])
        let producer = try scene.producer(["topic.metadata.refresh.fast.interval.ms": "50"])
        _ = await producer.send(batch: records(0..<1, partition: 0) + records(0..<1, partition: 1))
        try scene.cluster.setLeader("t", 0, broker: nil)
        let stuck = Task { await producer.send(batch: records(1..<5, partition: 0)) }
        for number in 1..<20 {
            let results = await producer.send(batch: records(number..<number + 1, partition: 1))
            #expect(results.map(\.offset) == [Int64(number)])
        }
        try await eventually { producer.outstanding == 4 }
        try scene.cluster.setLeader("t", 0, broker: 2)
        #expect(await stuck.value.map(\.offset) == [1, 2, 3, 4])
        await producer.close()
    }

    @Test("a topic that is forbidden does not hold up another")
    func forbidden() async throws {
        FaultRecord.note("K7", "one topic forbidden, another not")
        let scene = try Scene(topics: ["t": 1, "secret": 1])
        scene.cluster.setError(29, ofTopic: "secret")
        let producer = try scene.producer()
        let batch = [KafkaRecord(topic: "secret", partition: 0, value: [1]), records(0..<1)[0]]
        let results = await producer.send(batch: batch)
        // The mock forbids the topic's metadata, so that its partition is not known.
        #expect(results[0].error?.code.name == "_UNKNOWN_PARTITION")
        #expect(results[0].error?.isRetriable == false)
        #expect(results[0].error?.isOutcomeUnknown == false)
        #expect(results[1].offset == 0)
        await producer.close()
        #expect(scene.isClean)
    }

    @Test("a slow line costs time only")
    func slowLine() async throws {
        FaultRecord.note("K8", "a slow round trip to the broker")
        let scene = try Scene()
        try scene.cluster.setRoundTrip(300)
        let producer = try scene.producer()
        let results = await producer.send(batch: records(0..<1_000))
        #expect(results.map(\.offset) == (0..<1_000).map { Int64($0) })
        await producer.close()
        #expect(scene.isClean)
    }

    @Test("no broker at the start is no error")
    func lateBroker() async throws {
        FaultRecord.note("K1", "no broker when the producer starts")
        let scene = try Scene()
        try scene.cluster.stopBroker()
        let producer = try scene.producer()
        let task = Task { try await producer.send(records(0..<1)[0]) }
        try await eventually { producer.outstanding == 1 }
        await #expect(throws: KafkaError.self) { try await producer.flush(timeout: .milliseconds(50)) }
        try scene.cluster.startBroker()
        #expect(try await task.value.offset == 0)
        try await producer.flush(timeout: .seconds(5))
        await producer.close()
        #expect(scene.isClean)
    }

    @Test("a closed producer refuses, and closing twice does no harm")
    func closed() async throws {
        let scene = try Scene()
        let producer = try scene.producer()
        _ = try await producer.send(records(0..<1)[0])
        await producer.close()
        await producer.close()
        await #expect(throws: KafkaError(.closed)) { try await producer.send(records(1..<2)[0]) }
        #expect(scene.isClean)
    }

    @Test("a producer that is only dropped gives everything back")
    func dropped() async throws {
        let scene = try Scene()
        do {
            let producer = try scene.producer()
            _ = try await producer.send(records(0..<1)[0])
        }
        try await eventually { scene.isClean }
    }

    @Test("many senders at once each get their own answers")
    func concurrency() async throws {
        let scene = try Scene(topics: ["t": 8])
        let producer = try scene.producer()
        let deliveries = await withTaskGroup(of: [KafkaDelivery].self) { tasks in
            for sender in 0..<50 {
                tasks.addTask {
                    await producer.send(batch: records(0..<100, partition: Int32(sender % 8)))
                        .compactMap { try? $0.get() }
                }
            }
            return await tasks.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(deliveries).count == 5_000)
        await producer.close()
        #expect(scene.isClean)
    }
}

extension KafkaProducer {
    var currentHandle: ClientHandle? { state.withLock { $0.client?.handle } }
}
