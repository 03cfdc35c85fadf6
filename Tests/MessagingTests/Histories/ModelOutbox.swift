@testable import Messaging

/// The outbox as PostgreSQL shows it: row numbers and transaction numbers are drawn early, rows become visible at commit.
struct ModelOutbox {
    struct Row: Sendable {
        let sequence: Int64
        let transaction: UInt64
        let event: HistoryEvent
    }

    struct Page {
        let rows: [Row]
        let isFull: Bool
        let snapshot: TransactionSnapshot
    }

    static let pageLimit = 3

    private struct Running {
        var transaction: UInt64?
        var rows: [Row] = []
        /// Drawn before any lock was held.
        var drawnEarly: Int64?
    }

    private let defect: Defect?
    private(set) var rows: [Row] = []
    private var running: [Int: Running] = [:]
    private var nextSequence: Int64 = 1
    private var nextTransaction: UInt64 = 10
    private var latestEnded: UInt64 = 9

    init(defect: Defect?) { self.defect = defect }

    mutating func begin(_ writer: Int) {
        running[writer] = Running(
            drawnEarly: defect == .writerDrawsItsNumberBeforeTheLock ? drawSequence() : nil)
    }

    mutating func append(_ writer: Int, _ event: HistoryEvent) {
        var mine = running[writer] ?? Running()
        let transaction = mine.transaction ?? drawTransaction()
        let sequence = mine.drawnEarly ?? drawSequence()
        mine.transaction = transaction
        mine.drawnEarly = nil
        mine.rows.append(Row(sequence: sequence, transaction: transaction, event: event))
        running[writer] = mine
    }

    mutating func commit(_ writer: Int) { rows += end(writer) }

    mutating func rollBack(_ writer: Int) { _ = end(writer) }

    /// What `pg_current_snapshot()` answers.
    var snapshot: TransactionSnapshot {
        let inProgress = running.values.compactMap(\.transaction).filter { $0 <= latestEnded }.sorted()
        return TransactionSnapshot(
            minimum: inProgress.first ?? latestEnded + 1, maximum: latestEnded + 1, inProgress: inProgress)
    }

    func page(from position: RelayPosition) -> Page {
        let unsent = rows.filter { row in
            if defect == .relayRemembersTheHighestRowNumber { return row.sequence > position.afterSequence }
            guard !position.done.sees(row.transaction) else { return false }
            guard let window = position.reading else { return true }
            return row.sequence > position.afterSequence && window.sees(row.transaction)
        }
        let page = unsent.sorted { $0.sequence < $1.sequence }.prefix(Self.pageLimit)
        return Page(rows: Array(page), isFull: page.count == Self.pageLimit, snapshot: snapshot)
    }

    /// The position once a page has been sent.
    func position(_ position: RelayPosition, past page: Page) -> RelayPosition {
        let last = page.rows.last?.sequence
        if defect == .relayRemembersTheHighestRowNumber {
            return RelayPosition(done: .nothing, reading: nil, afterSequence: last ?? position.afterSequence)
        }
        var from = position
        if defect == .relayWidensItsWindowWithEveryPage { from.reading = nil }
        return from.advanced(pastSequence: last, isFull: page.isFull, snapshot: page.snapshot)
    }

    private mutating func end(_ writer: Int) -> [Row] {
        guard let mine = running.removeValue(forKey: writer) else { return [] }
        if let transaction = mine.transaction { latestEnded = max(latestEnded, transaction) }
        return mine.rows
    }

    private mutating func drawSequence() -> Int64 {
        defer { nextSequence += 1 }
        return nextSequence
    }

    private mutating func drawTransaction() -> UInt64 {
        defer { nextTransaction += 1 }
        return nextTransaction
    }
}
