import Foundation
import Logging
import Synchronization
import TestStack
import Testing

@testable import Kafka

/// One test's own cluster, and clients that nobody else counts.
struct Scene: Sendable {
    static let quiet = Logger(label: "kafka-tests") { _ in SwiftLogNoOpLogHandler() }
    private static let number = Atomic<Int>(0)

    let cluster: MockCluster
    let clientID: String

    init(brokers: Int = 1, topics: [String: Int] = ["t": 1]) throws {
        cluster = try MockCluster.start(brokers: brokers, topics: topics)
        clientID = "test-\(Self.number.add(1, ordering: .relaxed).newValue)"
    }

    func configuration(_ properties: [String: String] = [:]) -> KafkaConfiguration {
        // The mock does not end a waiting fetch when records come.
        let base = ["fetch.wait.max.ms": "10", "reconnect.backoff.ms": "20", "reconnect.backoff.max.ms": "200"]
        return KafkaConfiguration(
            bootstrapServers: cluster.bootstrapServers, clientID: clientID,
            properties: base.merging(properties) { $1 })
    }

    func producer(_ properties: [String: String] = [:], limits: ProducerLimits = .default) throws -> KafkaProducer {
        try KafkaProducer(configuration(properties), limits: limits, logger: Self.quiet)
    }

    func consumer(
        group: String = "g", topics: [String] = ["t"], limits: ConsumerLimits = .default,
        properties: [String: String] = [:],
        startOffset: @escaping KafkaConsumer.StartOffsets = { _ in .beginning }
    ) throws -> KafkaConsumer {
        let session = ["session.timeout.ms": "6000", "heartbeat.interval.ms": "300"]
        return try KafkaConsumer(
            configuration(session.merging(properties) { $1 }), groupID: group, topics: topics, limits: limits,
            startOffset: startOffset, logger: Self.quiet)
    }

    /// Whether every handle of this test's clients was given back.
    var isClean: Bool { LiveHandles.count(clientID: clientID) == 0 }
}

extension Scene {
    /// A topic with that many numbered records in partition 0.
    static func make(records count: Int = 0, brokers: Int = 1, partitions: Int = 1) async throws -> Scene {
        let scene = try Scene(brokers: brokers, topics: ["t": partitions])
        guard count > 0 else { return scene }
        let producer = try scene.producer()
        #expect(await producer.send(batch: records(0..<count)).allSatisfy { $0.error == nil })
        await producer.close()
        return scene
    }
}

/// What handlers saw, for a test to look at meanwhile.
final class Seen<Value: Sendable>: Sendable {
    // Not `Mutex`, which the thread sanitizer does not see.
    private let state = Guarded<[Value]>([])

    func add(_ value: Value) { state.withLock { $0.append(value) } }
    func add(contentsOf values: [Value]) { state.withLock { $0.append(contentsOf: values) } }
    var values: [Value] { state.withLock { $0 } }
    var count: Int { state.withLock { $0.count } }
}

/// Lets tasks through once it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Guarded(State())

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Deaf to cancellation, as some handlers are.
    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

func records(_ range: Range<Int>, topic: String = "t", partition: Int32? = 0) -> [KafkaRecord] {
    range.map { KafkaRecord(topic: topic, partition: partition, value: Array("\($0)".utf8)) }
}

extension ConsumedRecord {
    var number: Int? { value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } }
}

extension Result where Success == KafkaDelivery, Failure == KafkaError {
    var error: KafkaError? {
        guard case .failure(let error) = self else { return nil }
        return error
    }

    var offset: Int64? { (try? get())?.offset }
}
