/// The consumer's rows in its database, and the transaction of a batch.
struct ModelConsumer {
    private struct Stored {
        var positions: [Int: Int] = [:]
        var inbox: Set<HistoryEvent> = []
    }

    private let defect: Defect?
    private var stored = Stored()

    init(defect: Defect?) { self.defect = defect }

    func position(in cluster: Int) -> Int? { stored.positions[place(cluster)] }

    func accepts(_ batch: Reader.Batch) -> Bool {
        guard defect != .consumerDoesNotCompareTheStart else { return true }
        let expected = position(in: batch.cluster)
        return expected == batch.start || expected == nil && batch.start == 0
    }

    mutating func apply(_ batch: Reader.Batch, _ log: [HistoryEvent], commits: Bool, _ invariants: inout Invariants) {
        let events = log[batch.start..<batch.next]
        var after = stored
        after.positions[place(batch.cluster)] = batch.next
        let fresh = events.filter { after.inbox.insert($0).inserted || defect == .consumerHasNoInbox }
        if commits || defect == .consumerAppliesOutsideItsTransaction {
            for event in fresh { invariants.applied(event) }
        }
        if commits { return stored = after }
        if defect == .consumerEntersTheInboxBeforeItsTransaction { stored.inbox = after.inbox }
        if defect == .consumerMovesItsPositionBeforeItsTransaction { stored.positions = after.positions }
    }

    mutating func empty(_ invariants: inout Invariants) {
        if defect != .replayKeepsTheInbox { stored.inbox = [] }
        if defect != .replayKeepsThePosition { stored.positions = [:] }
        invariants.emptied()
    }

    private func place(_ cluster: Int) -> Int { defect == .consumerHasOnePositionForAllClusters ? 0 : cluster }
}
