import Foundation
import Kafka
import Logging
import Synchronization

/// Reads topics from one end to the other, under a group of its own that leaves no trace in anybody's position.
struct TopicTail: Sendable {
    let configuration: KafkaConfiguration
    let logger: Logger
    /// Where each partition begins and ends at the moment of asking.
    let bounds: [TopicPartition: (low: Int64, high: Int64)]

    static func open(_ configuration: KafkaConfiguration, topics: [String]) async throws -> TopicTail {
        let logger = Logger(label: "hosoctl")
        let admin = try KafkaAdmin(configuration, logger: logger)
        do {
            var bounds: [TopicPartition: (low: Int64, high: Int64)] = [:]
            let wanted = Set(topics)
            for topic in try await admin.listTopics() where wanted.contains(topic.name) {
                for partition in 0..<Int32(topic.partitions) {
                    let place = TopicPartition(topic: topic.name, partition: partition)
                    let (low, high) = try await admin.watermarks(place)
                    bounds[place] = (low, high)
                }
            }
            await admin.close()
            return TopicTail(configuration: configuration, logger: logger, bounds: bounds)
        } catch {
            await admin.close()
            throw error
        }
    }

    /// Hands every record to `show`; ends at what was the end, or never when it follows.
    func read(fromEnd: Bool, follow: Bool, _ show: @escaping @Sendable (ConsumedRecord) -> Void) async throws {
        let bounds = bounds
        guard !bounds.isEmpty else { return }
        let open = Remaining(follow || fromEnd ? [] : bounds.filter { $0.value.low < $0.value.high }.map(\.key))
        if !follow, open.isDone { return }
        let consumer = try KafkaConsumer(
            configuration, groupID: "hosoctl-\(UUID().uuidString.lowercased())",
            topics: Array(Set(bounds.keys.map(\.topic))).sorted(),
            startOffset: { place in fromEnd ? .offset(bounds[place]?.high ?? 0) : .beginning }, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await consumer.run { stream in
                    for try await batch in stream {
                        for record in batch.records { show(record) }
                        if batch.nextOffset >= bounds[stream.topicPartition]?.high ?? 0 {
                            open.finish(stream.topicPartition)
                        }
                    }
                }
            }
            if !follow {
                group.addTask { await open.wait() }
                try await group.next()
                group.cancelAll()
            }
            try await group.waitForAll()
        }
    }
}

/// The partitions whose end is not reached yet.
final class Remaining: Sendable {
    private let state: Mutex<(places: Set<TopicPartition>, waiter: CheckedContinuation<Void, Never>?)>

    init(_ places: [TopicPartition]) { state = Mutex((Set(places), nil)) }

    var isDone: Bool { state.withLock { $0.places.isEmpty } }

    func finish(_ place: TopicPartition) {
        let waiter = state.withLock { state in
            state.places.remove(place)
            guard state.places.isEmpty else { return CheckedContinuation<Void, Never>?.none }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if !state.places.isEmpty { state.waiter = continuation }
                return state.places.isEmpty
            }
            if isDone { continuation.resume() }
        }
    }
}
