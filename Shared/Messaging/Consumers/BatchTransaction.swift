import Contracts
import Foundation
import Kafka
import Postgres

/// The work of one transaction over messages of one partition.
struct BatchTransaction {
    struct Read: Sendable {
        let record: ConsumedRecord
        let reading: Reading

        var isPoison: Bool { if case .poison = reading { true } else { false } }
    }

    let processor: BatchProcessor
    let transaction: PostgresTransaction
    let clusterID: String
    let now: Date
    /// With a savepoint for each message, so that a bad one can be parked; without, the first failure throws
    /// ``MessageFailed``.
    let isCareful: Bool

    private var outcome = BatchOutcome()
    private let arrivals = Arrivals()
    /// Keys whose messages wait or are parked; their rows are held by this transaction.
    private var blocked: Set<[UInt8]> = []
    /// Ids of the batch that the inbox did not know; each is taken out by its first message.
    private var fresh: Set<UUIDv7> = []

    init(processor: BatchProcessor, transaction: PostgresTransaction, clusterID: String, now: Date, isCareful: Bool) {
        self.processor = processor
        self.transaction = transaction
        self.clusterID = clusterID
        self.now = now
        self.isCareful = isCareful
    }

    private var store: ConsumerStore { ConsumerStore(consumer: processor.definition.name) }
    private var parked: ParkedStore { ParkedStore(consumer: processor.definition.name) }

    mutating func run(_ batch: PartitionBatch, _ readings: ArraySlice<Read>) async throws -> BatchOutcome {
        try await begin(batch, readings)
        for read in readings { try await take(read) }
        let arrived = arrivals.take()
        outcome.hasArrivals = !arrived.isEmpty
        try ParkedStore.announce(arrived, now: now, in: transaction)
        try store.move(
            TopicPartition(topic: batch.topic, partition: batch.partition), to: batch.nextOffset,
            clusterID: clusterID, in: transaction)
        // What handlers have enqueued is sent here at the latest.
        try await settle { try await transaction.flush() }
        return outcome
    }

    /// Claims the partition, enters the ids into the inbox and holds the keys that wait, in one round trip.
    private mutating func begin(_ batch: PartitionBatch, _ readings: ArraySlice<Read>) async throws {
        try store.lock(topic: batch.topic, partition: batch.partition, in: transaction)
        let place = TopicPartition(topic: batch.topic, partition: batch.partition)
        let results = try await transaction.pipeline([
            store.position(place, clusterID: clusterID), store.entrance(of: readings.compactMap(inboxID)),
            parked.hold(Array(Set(readings.compactMap(\.record.key))), topic: batch.topic),
        ])
        try store.check(results[0].rows.first?.get("next_offset"), isStartOf: batch)
        fresh = Set(try results[1].rows.map { try $0.get("event_id") })
        blocked = Set(try results[2].rows.map { try $0.get("key") })
    }

    /// The id under which a message is remembered; an unknown type is not, so that its twin of another version can
    /// still be taken.
    private func inboxID(_ read: Read) -> UUIDv7? {
        switch read.reading {
        case .known(let envelope, _): envelope.id
        case .unknown: nil
        case .poison(let id, _, _): id ?? placeID(of: read.record)
        }
    }

    /// Without a usable id the place is the id.
    private func placeID(of record: ConsumedRecord) -> UUIDv7 {
        UUIDv7.computed(
            at: record.timestamp ?? now, from: "\(clusterID)/\(record.topic)/\(record.partition)/\(record.offset)")
    }

    private mutating func take(_ read: Read) async throws {
        guard let id = inboxID(read) else { return outcome.unknown += 1 }
        guard fresh.remove(id) != nil else { return outcome.duplicates += 1 }
        switch read.reading {
        case .unknown: break
        case .poison(_, let type, let fault): try await park(read.record, id: id, type: type, fault: fault)
        case .known(let envelope, let effect):
            if let fault = staleness(of: envelope) {
                return try await park(read.record, id: id, type: envelope.type, fault: fault)
            }
            if let key = read.record.key, blocked.contains(key) {
                return try await takeBehindBlocked(read.record, envelope, effect)
            }
            try await apply(read.record, envelope, effect)
        }
    }

    /// An event whose id is too old for the inbox to remember cannot be told from a repeat. State is safe: only a higher
    /// version of it applies.
    private func staleness(of envelope: Envelope) -> MessageFault? {
        guard processor.definition.topic(named: envelope.place.topic)?.kind == .event,
            now.timeIntervalSince(envelope.id.time) > processor.rules.inboxRetention
        else { return nil }
        return MessageFault(code: "id.too-old", reason: "older than the inbox remembers: perhaps a repeat")
    }

    private mutating func apply(_ record: ConsumedRecord, _ envelope: Envelope, _ effect: Handler.Effect) async throws {
        switch try await attempt(envelope, effect) {
        case nil: outcome.applied += 1
        case .message(let fault)?: try await park(record, id: envelope.id, type: envelope.type, fault: fault)
        case .notYet(let notYet)?:
            let message = parkedMessage(
                record, id: envelope.id, type: envelope.type,
                fault: MessageFault(code: "not-yet", reason: notYet.description))
            try await parked.wait(
                message, waitingFor: notYet.waitingFor, deadline: now + processor.rules.waitAtMost,
                nextAttempt: now + processor.rules.firstRetry, now: now, in: transaction)
            blocked.insert(message.key)
            outcome.waiting += 1
        case .surroundings(let error)?: throw error
        }
    }

    /// Runs the handler; answers what went wrong, with its effects undone.
    private func attempt(_ envelope: Envelope, _ effect: Handler.Effect) async throws -> FaultKind? {
        let scope = processor.scope(of: envelope, in: transaction, arrivals: arrivals, now: now)
        if isCareful { return await processor.attempt(effect, scope) }
        try await settle { try await effect(scope) }
        return nil
    }

    /// Runs a part in which any message of the batch may fail. Without savepoints nobody knows which one it was; that is
    /// found out with them.
    private func settle(_ part: () async throws -> Void) async throws {
        do {
            try await part()
        } catch {
            // A handler swallowed the error of what an earlier one had enqueued, or its own.
            if !isCareful, (error as? PostgresError)?.sqlState == .inFailedTransaction { throw MessageFailed() }
            if case .surroundings(let error) = FaultKind(error) { throw error }
            throw isCareful ? error : MessageFailed()
        }
    }

    /// A later message of a blocked key queues behind; of state the newer one replaces what is parked, if it is good.
    private mutating func takeBehindBlocked(
        _ record: ConsumedRecord, _ envelope: Envelope, _ effect: Handler.Effect
    ) async throws {
        let message = parkedMessage(
            record, id: envelope.id, type: envelope.type,
            fault: MessageFault(code: "behind", reason: "queued behind an earlier message of its key"))
        guard processor.definition.topic(named: record.topic)?.kind == .state else {
            return try await parked.park(message, now: now, in: transaction)
        }
        guard isCareful else { throw MessageFailed() }
        if case .surroundings(let error)? = try await supersede(message, envelope, effect) { throw error }
    }

    private mutating func supersede(
        _ message: ParkedMessage, _ envelope: Envelope, _ effect: Handler.Effect
    ) async throws -> FaultKind? {
        if let kind = try await attempt(envelope, effect) {
            if case .surroundings = kind { return kind }
            try await parked.park(message, now: now, in: transaction)
            return nil
        }
        try await parked.supersede(topic: message.record.topic, key: message.key, now: now, in: transaction)
        blocked.remove(message.key)
        outcome.applied += 1
        return nil
    }

    private mutating func park(_ record: ConsumedRecord, id: UUIDv7, type: String?, fault: MessageFault) async throws {
        guard isCareful else { throw MessageFailed() }
        let message = parkedMessage(record, id: id, type: type, fault: fault)
        try await parked.park(message, now: now, in: transaction)
        if blocked.insert(message.key).inserted { outcome.parked += 1 }
        try await processor.announceParked(message, now: now, in: transaction)
    }

    private func parkedMessage(_ record: ConsumedRecord, id: UUIDv7, type: String?, fault: MessageFault)
        -> ParkedMessage
    {
        ParkedMessage(record: record, clusterID: clusterID, id: id, type: type, fault: fault)
    }
}
