@testable import Messaging

/// The relay that leads, and those that lost the lead while they stood still.
struct ModelRelays {
    fileprivate struct Term {
        var hand: RelayHand<ModelOutbox.Row>
        /// The page in hand; `nil` while state is said again.
        var page: ModelOutbox.Page?
        /// The notes that the state in hand answers, by key.
        var notes: [Int: Int] = [:]
        var isNoted = false
    }

    private let defect: Defect?
    private var leader: Term?
    private var frozen: [Term] = []
    private var stored: [Int: RelayPosition] = [:]
    /// Keys whose last state may not be the last in the log, each with the number of its note.
    private var again: [Int: Int] = [:]
    private var notesTaken = 0

    init(defect: Defect?) { self.defect = defect }

    // MARK: Leading

    mutating func read(_ outbox: ModelOutbox, cluster: Int) {
        leaveOtherCluster(cluster)
        var term = leader ?? Term(hand: RelayHand(cluster: cluster, position: stored[place(cluster)] ?? .start))
        if term.hand.isEmpty { take(outbox.page(from: term.hand.position), outbox, &term) }
        leader = term
    }

    private mutating func take(_ page: ModelOutbox.Page, _ outbox: ModelOutbox, _ term: inout Term) {
        guard !page.rows.isEmpty else {
            return term.hand.position = outbox.position(term.hand.position, past: page)
        }
        term.page = page
        term.hand.take(page.rows)
        if defect == .relayWritesItsPositionBeforeTheConfirmation {
            stored[place(term.hand.cluster)] = outbox.position(term.hand.position, past: page)
        }
    }

    mutating func send(_ count: Int, to broker: inout ModelBroker<HistoryEvent>, _ invariants: inout Invariants) {
        leaveOtherCluster(broker.cluster)
        leader?.send(count, to: &broker, &invariants)
    }

    mutating func loseConfirmation(_ broker: inout ModelBroker<HistoryEvent>, _ invariants: inout Invariants) {
        leaveOtherCluster(broker.cluster)
        guard let confirmed = leader?.hand.confirmed else { return }
        leader?.send(1, to: &broker, &invariants)
        leader?.hand.confirmed = confirmed
    }

    /// The broker takes none of what follows a record it did not take.
    mutating func failAttempt(_ broker: inout ModelBroker<HistoryEvent>, _ invariants: inout Invariants) {
        guard defect == .relaySendsWithoutIdempotence, var term = leader, term.hand.sent + 1 < term.hand.rows.count
        else { return }
        term.hand.rows.swapAt(term.hand.sent, term.hand.sent + 1)
        term.send(2, to: &broker, &invariants)
        leader = term
    }

    mutating func finish(_ outbox: ModelOutbox, cluster: Int) {
        leaveOtherCluster(cluster)
        guard var term = leader, term.hand.isConfirmed else { return }
        finish(&term, outbox)
        leader = term
    }

    mutating func finishUnheard(_ outbox: ModelOutbox, cluster: Int) {
        finish(outbox, cluster: cluster)
        leader = nil
    }

    private mutating func finish(_ term: inout Term, _ outbox: ModelOutbox) {
        if let page = term.page {
            term.hand.position = outbox.position(term.hand.position, past: page)
            stored[place(term.hand.cluster)] = term.hand.position
        } else {
            for (key, note) in term.notes
            where again[key] == note || defect == .lateStateNotedMeanwhileIsSettledToo { again[key] = nil }
        }
        term.page = nil
        term.notes = [:]
        term.hand.take([])
    }

    mutating func sayStateAgain(_ outbox: ModelOutbox, cluster: Int) {
        leaveOtherCluster(cluster)
        guard var term = leader, term.hand.isEmpty, term.hand.position.reading == nil else { return }
        let sent = outbox.rows.filter { again[$0.event.key] != nil && term.hand.position.done.sees($0.transaction) }
        let newest = Dictionary(grouping: sent, by: \.event.key).values.compactMap { rows in
            rows.max { $0.event.version < $1.event.version }
        }
        term.notes = again.filter { key, _ in newest.contains { $0.event.key == key } }
        term.hand.take(newest.sorted { $0.sequence < $1.sequence })
        leader = term
    }

    mutating func crash() { leader = nil }

    // MARK: Losing the lead

    mutating func freeze() {
        guard frozen.count < 2, let term = leader else { return }
        frozen.append(term)
        leader = nil
    }

    mutating func thaw(
        sending count: Int, to broker: inout ModelBroker<HistoryEvent>, _ outbox: ModelOutbox,
        _ invariants: inout Invariants
    ) {
        guard !frozen.isEmpty else { return }
        var term = frozen.removeFirst()
        if isAdmitted(term, by: broker.cluster) { term.send(count, to: &broker, &invariants) }
        switch defect {
        case .relayGoesOnWithoutTheLead:
            if term.hand.isConfirmed { finish(&term, outbox) }
            if term.hand.isEmpty { take(outbox.page(from: term.hand.position), outbox, &term) }
            frozen.append(term)
        case .lateStateIsForgottenByADeath: break
        case .lateStateIsNotedBeforeTheQueueIsEmpty:
            if !term.isNoted { note(term) }
            term.isNoted = true
            frozen.append(term)
        default: note(term)
        }
    }

    private mutating func note(_ term: Term) {
        switch defect {
        case .lateStateIsNotNoted: return
        case .lateStateIsNotedOnlyWhenADeliveryFailed where term.hand.sent == term.hand.rows.count: return
        case .lateStateSaidAgainIsNotNotedItself where term.page == nil: return
        default: break
        }
        for row in term.hand.rows {
            notesTaken += 1
            again[row.event.key] = notesTaken
        }
    }

    // MARK: Clusters

    private mutating func leaveOtherCluster(_ cluster: Int) {
        guard let term = leader, !isAdmitted(term, by: cluster) else { return }
        note(term)
        leader = nil
    }

    private func isAdmitted(_ term: Term, by cluster: Int) -> Bool {
        term.hand.cluster == cluster || defect == .relayConnectsToAnyCluster && !term.hand.isEmpty
    }

    private func place(_ cluster: Int) -> Int { defect == .relayHasOnePositionForAllClusters ? 0 : cluster }
}

extension ModelRelays.Term {
    fileprivate mutating func send(
        _ count: Int, to broker: inout ModelBroker<HistoryEvent>, _ invariants: inout Invariants
    ) {
        for _ in 0..<count {
            guard let row = hand.next() else { break }
            broker.append(row.event)
            invariants.appended(row.event, cluster: broker.cluster)
        }
        hand.confirmed = hand.sent
    }
}
