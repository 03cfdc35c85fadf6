import Contracts
import Kafka
import Postgres
import Testing

@testable import Messaging

/// The product's own outbox, relay position, batch processor and inbox, driven by the steps of a history.
struct RealMessaging {
    private var invariants = Invariants()
    private var writers: RealWriters
    private var relays: RealRelays
    private var log = RealRelays.Log()
    private let consumer: RealConsumer
    private var readers = [Reader(), Reader()]
    private var owner = 0
    private var events: [Int: HistoryEvent] = [:]
    private var effects = 0

    private init(_ database: MessagingDatabase) async throws {
        let make = TestBatch()
        let keys = (0..<Step.keys).map { _ in make.dossier().value }
        writers = try await RealWriters(database, keys: keys)
        relays = RealRelays(database)
        consumer = RealConsumer(database)
    }

    /// Runs a history to its rest; answers the first broken promise.
    static func violation(in history: [Step], on database: MessagingDatabase) async throws -> Invariants.Violation? {
        var messaging = try await RealMessaging(database)
        defer { messaging.close() }
        for (number, step) in history.enumerated() {
            try await messaging.run(step, Moment(number: number + 1, step: step))
            if let violation = messaging.invariants.violation { return violation }
        }
        for part in Step.closing {
            for step in part { try await messaging.run(step) }
            try await messaging.comeToRest()
        }
        messaging.invariants.finish(cluster: messaging.log.broker.cluster)
        return messaging.invariants.violation
    }

    private mutating func comeToRest() async throws {
        var idle = 0
        while idle < Step.idleRounds {
            let before = invariants.activity
            for step in Step.closingRound { try await run(step) }
            idle = before == invariants.activity ? idle + 1 : 0
        }
    }

    private mutating func close() {
        writers.close()
        relays.close()
    }

    private mutating func run(_ step: Step, _ moment: Moment? = nil) async throws {
        invariants.moment = moment ?? Moment(number: nil, step: step)
        let cluster = log.broker.cluster
        switch step {
        case .begin(let writer): try await writers.begin(writer)
        case .append(let writer, let key):
            if let event = try await writers.append(writer, key: key) { events[event.number] = event }
        case .commit(let writer): invariants.committed(try await writers.commit(writer))
        case .rollBack(let writer): try await writers.rollBack(writer)
        case .relayReads: try await relays.read(cluster: cluster)
        case .relaySends(let count): try await relays.send(count, to: &log)
        case .relayLosesConfirmation: try await relays.loseConfirmation(&log)
        case .relayAttemptFails: break
        case .relayFinishes: try await relays.finish(cluster: cluster)
        case .relayFinishesUnheard:
            try await relays.finish(cluster: cluster)
            relays.crash()
        case .relaySaysStateAgain: try await relays.sayStateAgain(cluster: cluster)
        case .relayCrashes: relays.crash()
        case .relayFreezes: relays.freeze()
        case .relayThaws(let count): try await relays.thaw(sending: count, to: &log)
        case .brokerReplaced: log.broker.replace()
        case .brokerReturns: log.broker.returnToEarlier()
        case .fetch(let count): try await fetch(count)
        case .apply(let ending): try await apply(owner, ending)
        case .applyLate(let ending): try await apply(1 - owner, ending)
        case .rebalance: rebalance()
        case .projectionEmptied: try await emptyProjection()
        }
        try tellArrivals()
    }

    private mutating func tellArrivals() throws {
        for record in log.arrived {
            let payload = try ContractsJSON.decode(DossierWithdrawn.self, from: record.value ?? [])
            let event = try event(number: payload.reason.flatMap { Int($0) })
            invariants.appended(event, cluster: log.broker.cluster)
        }
        log.arrived = []
    }

    private func event(number: Int?) throws -> HistoryEvent { try #require(number.flatMap { events[$0] }) }

    private mutating func rebalance() {
        owner = 1 - owner
        readers[owner].begin(in: log.broker.cluster)
    }

    private mutating func emptyProjection() async throws {
        try await consumer.empty()
        effects = 0
        invariants.emptied()
        rebalance()
    }

    private mutating func fetch(_ count: Int) async throws {
        let cluster = log.broker.cluster
        let stored = try await consumer.position(in: cluster)
        readers[owner].fetch(count, from: cluster, logEnd: log.broker.log.count, stored: stored)
    }

    private mutating func apply(_ reader: Int, _ ending: Step.Ending) async throws {
        guard let batch = readers[reader].batch else { return }
        guard try await consumer.apply(batch, log.broker.log(of: batch.cluster), ending) else {
            return readers[reader].refused(stored: try await consumer.position(in: batch.cluster))
        }
        for number in try await consumer.effects(after: effects) {
            effects += 1
            invariants.applied(try event(number: number))
        }
        switch ending {
        case .committed, .committedSecondTime: readers[reader].committed()
        case .crashedBefore, .crashedAfter: readers[reader].crash()
        case .rolledBack, .unheard: break
        }
    }
}
