import Contracts
import Foundation
import Kafka
import Postgres

/// Applies a batch of one partition in one transaction: position, inbox, effects and new events commit together or not
/// at all.
struct BatchProcessor: Sendable {
    let definition: ConsumerDefinition
    let pool: PostgresPool
    /// `nil` while projections are replayed.
    let outbox: Outbox?
    let time: any TimeSource
    let rules: ConsumerRules
    let metrics: ConsumerMetrics
    let parkingGuard: ParkingGuard
    /// Raised when messages may be due for another attempt.
    let retryDue: Signal

    /// Applies the batch, first as a whole; if a message of it fails, once more with a savepoint around each.
    /// - Throws: only what is the surroundings' fault. What was not committed can then be given again.
    func apply(_ batch: PartitionBatch, clusterID: String) async throws {
        let readings = batch.records.map { BatchTransaction.Read(record: $0, reading: definition.read($0)) }
        if !readings.contains(where: \.isPoison) {
            do {
                return try await commit(batch, readings[...], clusterID: clusterID, isCareful: false)
            } catch is MessageFailed {
                // Rolled back; found out below which one it was.
            }
        }
        var start = batch.startOffset
        for from in stride(from: 0, to: readings.count, by: rules.savepoints) {
            let piece = readings[from..<min(from + rules.savepoints, readings.count)]
            let isLast = piece.endIndex == readings.count
            let end = isLast ? batch.nextOffset : (piece.last?.record.offset ?? start) + 1
            let part = PartitionBatch(
                topic: batch.topic, partition: batch.partition, startOffset: start, records: piece.map(\.record),
                nextOffset: end, isFromBeginning: batch.isFromBeginning && from == 0)
            try await commit(part, piece, clusterID: clusterID, isCareful: true)
            start = end
        }
    }

    /// What the handler of a message is given.
    func scope(
        of envelope: Envelope, in transaction: PostgresTransaction, arrivals: Arrivals, now: Date
    ) -> MessageScope {
        MessageScope(
            transaction: transaction,
            context: EventContext(
                now: now, traceparent: envelope.traceparent,
                eventIDs: ComputedEventIDs(cause: envelope.id, consumer: definition.name)),
            outbox: definition.kind.isProjection ? nil : outbox, arrivals: arrivals)
    }

    /// Runs a handler within a savepoint; answers what went wrong, with its effects undone.
    func attempt(_ effect: Handler.Effect, _ scope: MessageScope) async -> FaultKind? {
        do {
            try await scope.transaction.savepoint { try await effect(scope) }
            return nil
        } catch {
            return FaultKind(error)
        }
    }

    private func commit(
        _ batch: PartitionBatch, _ readings: ArraySlice<BatchTransaction.Read>, clusterID: String, isCareful: Bool
    ) async throws {
        var admitted: Int?
        let outcome: BatchOutcome
        do {
            outcome = try await pool.transaction { transaction in
                var work = BatchTransaction(
                    processor: self, transaction: transaction, clusterID: clusterID, now: time.now,
                    isCareful: isCareful)
                let outcome = try await work.run(batch, readings)
                admitted = try parkingGuard.admit(parked: outcome.parked, handled: readings.count)
                return outcome
            }
        } catch {
            if let admitted { parkingGuard.forget(admitted) }
            throw error
        }
        metrics.count(outcome)
        if outcome.waiting > 0 || outcome.hasArrivals { retryDue.raise() }
    }
}

/// Inside a batch without savepoints: a message failed, so the batch has to be run again with them.
struct MessageFailed: Error {}

/// What became of the messages of one transaction.
struct BatchOutcome: Sendable {
    var applied = 0
    var duplicates = 0
    var unknown = 0
    var waiting = 0
    var parked = 0
    var hasArrivals = false
}
