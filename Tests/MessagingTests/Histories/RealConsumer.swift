import Contracts
import Foundation
import Kafka
import Postgres
import TestStack

@testable import Messaging

/// The product's batch processor on PostgreSQL, with a handler that fails when it is told to.
struct RealConsumer {
    private enum Failure: Sendable { case surroundings, message }

    private let database: MessagingDatabase
    private let processor: BatchProcessor
    private let failure = Locked<Failure?>(nil)
    private let place = TopicPartition(topic: TopicCatalogue.dossiers.name, partition: 0)

    init(_ database: MessagingDatabase) {
        self.database = database
        let definition = ConsumerDefinition(
            name: "routing.dossiers", topics: [TopicCatalogue.dossiers], kind: .projection(tables: ["effects"])
        ).on(DossierWithdrawn.self) { [failure] message, scope in
            try await scope.transaction.execute(
                """
                INSERT INTO effects (dossier, reason, sequence)
                VALUES (\(message.payload.dossierId), \(message.payload.reason), \(message.sequence))
                """)
            switch failure.withLock({ $0 }) {
            case nil: break
            case .surroundings?: throw CancellationError()
            case .message?:
                failure.withLock { $0 = nil }
                throw Unprocessable("not the first time")
            }
        }
        processor = database.processor(definition)
    }

    func position(in cluster: Int) async throws -> Int? {
        try await ConsumerStore(consumer: processor.definition.name)
            .position(place, clusterID: "c\(cluster)", in: database.pool).map(Int.init)
    }

    /// Applies a batch; answers whether it was this reader's to apply.
    func apply(_ batch: Reader.Batch, _ log: [KafkaRecord], _ ending: Step.Ending) async throws -> Bool {
        let records = (batch.start..<batch.next).map { offset in
            ConsumedRecord(
                topic: place.topic, partition: place.partition, offset: Int64(offset), key: log[offset].key,
                value: log[offset].value, headers: log[offset].headers, timestamp: log[offset].timestamp)
        }
        let failing: Failure? =
            switch ending {
            case .rolledBack, .crashedBefore: .surroundings
            case .committedSecondTime: .message
            case .committed, .crashedAfter, .unheard: nil
            }
        failure.withLock { $0 = failing }
        defer { failure.withLock { $0 = nil } }
        do {
            try await processor.apply(
                PartitionBatch(
                    topic: place.topic, partition: place.partition, startOffset: Int64(batch.start), records: records,
                    nextOffset: Int64(batch.next), isFromBeginning: batch.start == 0), clusterID: "c\(batch.cluster)")
        } catch MessagingError.stalePosition {
            return false
        } catch is CancellationError where failing == .surroundings {
            // As the history wanted it.
        }
        return true
    }

    func empty() async throws {
        try await Replay(
            consumers: [processor.definition], pool: database.pool,
            kafka: KafkaConfiguration(bootstrapServers: "unused", clientID: "unused"), time: database.time,
            logger: database.logger
        ).empty(processor.definition)
    }

    /// The effects behind the first so many, in order: the numbers of their events.
    func effects(after count: Int) async throws -> [Int] {
        try await database.pool.query("SELECT reason FROM effects ORDER BY n OFFSET \(Int64(count))").compactMap {
            Int(try $0.get("reason", as: String.self))
        }
    }
}
