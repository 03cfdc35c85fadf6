import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

extension AttackScene {
    /// Waits until the relay has sent all, as its stored position says.
    func untilSent() async throws {
        try await eventually("everything is sent") {
            try await OutboxStanding.read(from: intake.pool, shards: 1, clusterID: watch.lastKnown).unsent == 0
        }
    }

    var places: [TopicPartition] {
        (0..<Int32(Self.topic.partitions)).map { TopicPartition(topic: Self.topic.name, partition: $0) }
    }

    /// How many records the topic has, repeats included.
    func logSize() async throws -> Int { Int(try await ends().values.reduce(0, +)) }

    /// Where the partitions end; right after an election the broker that led before may still be asked.
    private func ends() async throws -> [TopicPartition: Int64] {
        var ends: [TopicPartition: Int64] = [:]
        try await eventually("every partition answers") {
            ends = (try? await admin.endOffsets(of: places, timeout: .seconds(1))) ?? [:]
            return ends.count == places.count
        }
        return ends
    }

    /// The whole topic, partition by partition.
    func log() async throws -> [TopicPartition: [ConsumedRecord]] {
        let (places, ends) = (places, try await ends())
        var log: [TopicPartition: [ConsumedRecord]] = [:]
        while true {
            let open = places.filter { Int64(log[$0]?.count ?? 0) < ends[$0] ?? 0 }
            guard !open.isEmpty else { return log }
            let next = Dictionary(uniqueKeysWithValues: open.map { ($0, Int64(log[$0]?.count ?? 0)) })
            for (place, record) in try await admin.records(from: next) { log[place, default: []].append(record) }
        }
    }

    /// Gives the topic to a consumer, cut into batches as they are drawn: all of it, or what follows `before`.
    func consume(
        _ log: [TopicPartition: [ConsumedRecord]], from before: [TopicPartition: [ConsumedRecord]] = [:],
        by processor: BatchProcessor? = nil
    ) async throws {
        let processor = processor ?? routing.processor(MessagingDatabase.writingDown())
        for (place, records) in log {
            var start = before[place]?.count ?? 0
            while start < records.count {
                let end = min(records.count, start + number(in: 1...9))
                let batch = PartitionBatch(
                    topic: place.topic, partition: place.partition, startOffset: Int64(start),
                    records: Array(records[start..<end]), nextOffset: Int64(end), isFromBeginning: start == 0)
                try await processor.apply(batch, clusterID: "c1")
                start = end
            }
        }
    }

    /// What is broken of I1 and I3 in the topic: an event that is missing, or first appears before an earlier one of
    /// its key. A repeat breaks nothing.
    func faults(in log: [TopicPartition: [ConsumedRecord]]) -> [String] {
        var last: [String: Int64] = [:]
        var faults: [String] = []
        for record in log.values.joined() {
            let key = String(decoding: record.key ?? [], as: UTF8.self)
            let text = String(decoding: record.header(EventHeader.sequence) ?? [], as: UTF8.self)
            guard let version = Int64(text), version > last[key] ?? 0 else { continue }
            if version != (last[key] ?? 0) + 1 { faults.append("\(key): \(version) after \(last[key] ?? 0)") }
            last[key] = version
        }
        for (dossier, version) in versions.withLock({ $0 }) where last[dossier.description] != version {
            faults.append("\(dossier): \(version) is not in the topic")
        }
        return faults
    }

    /// What is broken of I1, I2 and I3 in the effects: each key's events, all of them, once, in order.
    func faultsInEffects() async throws -> [String] {
        let rows = try await routing.pool.query(
            "SELECT dossier, array_agg(sequence ORDER BY n) AS found FROM effects GROUP BY dossier")
        var found: [DossierID: [Int64]] = [:]
        for row in rows { found[try row.get("dossier")] = try row.get("found") }
        return versions.withLock { versions in
            dossiers.filter { found[$0] ?? [] != Array(0..<(versions[$0] ?? 0)).map { $0 + 1 } }
                .map { "\($0): \(found[$0] ?? []) of \(versions[$0] ?? 0)" }
        }
    }

    /// Reads the topic, gives it to a consumer, and expects that nothing is broken.
    func judge() async throws {
        let log = try await log()
        #expect(faults(in: log).isEmpty)
        try await consume(log)
        #expect(try await faultsInEffects().isEmpty)
    }

    /// Waits until all is sent, judges, and ends the relay.
    func finish(_ relay: Task<Void, any Error>) async throws {
        try await untilSent()
        try await judge()
        relay.cancel()
        _ = await relay.result
    }

    func untilApplied() async throws {
        let expected = Int64(written)
        try await eventually("all of them have their effect") {
            try await routing.count("SELECT count(*) FROM effects") >= expected
        }
    }
}
