@testable import Messaging

/// Outbox, relay, broker, consumer and inbox as values: what the design promises, without a clock, a socket or a thread.
struct MessagingModel {
    private(set) var invariants = Invariants()
    private var writers = Writers()
    private var outbox: ModelOutbox
    private var relays: ModelRelays
    private var broker = ModelBroker<HistoryEvent>()
    private var consumer: ModelConsumer
    private var readers = [Reader(), Reader()]
    private var owner = 0

    /// - Parameter defect: what this variant does wrong.
    init(defect: Defect? = nil) {
        outbox = ModelOutbox(defect: defect)
        relays = ModelRelays(defect: defect)
        consumer = ModelConsumer(defect: defect)
    }

    /// Runs a history to its rest; answers the first broken promise.
    static func violation(in history: [Step], defect: Defect? = nil) -> Invariants.Violation? {
        var model = MessagingModel(defect: defect)
        for (number, step) in history.enumerated() {
            model.run(step, Moment(number: number + 1, step: step))
            if let violation = model.invariants.violation { return violation }
        }
        for part in Step.closing {
            for step in part { model.run(step) }
            model.comeToRest()
        }
        model.invariants.finish(cluster: model.broker.cluster)
        return model.invariants.violation
    }

    private mutating func comeToRest() {
        var idle = 0
        while idle < Step.idleRounds {
            let before = invariants.activity
            for step in Step.closingRound { run(step) }
            idle = before == invariants.activity ? idle + 1 : 0
        }
    }

    private mutating func run(_ step: Step, _ moment: Moment? = nil) {
        invariants.moment = moment ?? Moment(number: nil, step: step)
        switch step {
        case .begin(let writer): begin(writer)
        case .append(let writer, let key): append(writer, key)
        case .commit(let writer): commit(writer)
        case .rollBack(let writer): if writers.rollBack(writer) { outbox.rollBack(writer) }
        case .relayReads: relays.read(outbox, cluster: broker.cluster)
        case .relaySends(let count): relays.send(count, to: &broker, &invariants)
        case .relayLosesConfirmation: relays.loseConfirmation(&broker, &invariants)
        case .relayAttemptFails: relays.failAttempt(&broker, &invariants)
        case .relayFinishes: relays.finish(outbox, cluster: broker.cluster)
        case .relayFinishesUnheard: relays.finishUnheard(outbox, cluster: broker.cluster)
        case .relaySaysStateAgain: relays.sayStateAgain(outbox, cluster: broker.cluster)
        case .relayCrashes: relays.crash()
        case .relayFreezes: relays.freeze()
        case .relayThaws(let count): relays.thaw(sending: count, to: &broker, outbox, &invariants)
        case .brokerReplaced: broker.replace()
        case .brokerReturns: broker.returnToEarlier()
        case .fetch(let count): fetch(count)
        case .apply(let ending): apply(owner, ending)
        case .applyLate(let ending): apply(1 - owner, ending)
        case .rebalance: rebalance()
        case .projectionEmptied: emptyProjection()
        }
    }

    private mutating func begin(_ writer: Int) {
        if writers.begin(writer) { outbox.begin(writer) }
    }

    private mutating func append(_ writer: Int, _ key: Int) {
        begin(writer)
        if let event = writers.append(writer, key: key) { outbox.append(writer, event) }
    }

    private mutating func commit(_ writer: Int) {
        guard let events = writers.commit(writer) else { return }
        outbox.commit(writer)
        invariants.committed(events)
    }

    private mutating func rebalance() {
        owner = 1 - owner
        readers[owner].begin(in: broker.cluster)
    }

    /// Whoever empties it begins to read too.
    private mutating func emptyProjection() {
        consumer.empty(&invariants)
        rebalance()
    }

    private mutating func fetch(_ count: Int) {
        readers[owner].fetch(
            count, from: broker.cluster, logEnd: broker.log.count, stored: consumer.position(in: broker.cluster))
    }

    private mutating func apply(_ reader: Int, _ ending: Step.Ending) {
        guard let batch = readers[reader].batch else { return }
        guard consumer.accepts(batch) else {
            return readers[reader].refused(stored: consumer.position(in: batch.cluster))
        }
        let commits = ![.rolledBack, .crashedBefore].contains(ending)
        consumer.apply(batch, broker.log(of: batch.cluster), commits: commits, &invariants)
        switch ending {
        case .committed, .committedSecondTime: readers[reader].committed()
        case .crashedBefore, .crashedAfter: readers[reader].crash()
        case .rolledBack, .unheard: break
        }
    }
}
