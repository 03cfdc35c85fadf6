/// How far a relay is in the outbox: which transactions it has read, not which row numbers.
///
/// Row numbers are drawn before the commit, so a lower one can become visible after a higher one was sent. Transactions
/// of a `pg_snapshot` are either seen or not; what a snapshot did not see is exactly what is still to be read.
struct RelayPosition: Equatable, Sendable {
    /// Everything visible in this snapshot has been sent.
    var done: TransactionSnapshot
    /// While a window larger than a page is sent: the snapshot that bounds it. `nil` between windows.
    var reading: TransactionSnapshot?
    /// Within the window, everything up to this row number has been sent.
    var afterSequence: Int64

    /// Nothing has been sent.
    static let start = RelayPosition(done: .nothing, reading: nil, afterSequence: 0)

    /// The position once a page has been sent.
    /// - Parameters:
    ///   - lastSequence: the row number of the page's last row, `nil` for an empty page.
    ///   - isFull: the page has as many rows as were asked for, so that more may follow.
    ///   - snapshot: the snapshot in which the page was read.
    func advanced(pastSequence lastSequence: Int64?, isFull: Bool, snapshot: TransactionSnapshot) -> RelayPosition {
        let window = reading ?? snapshot
        guard isFull, let lastSequence else {
            return RelayPosition(done: window, reading: nil, afterSequence: 0)
        }
        return RelayPosition(done: done, reading: window, afterSequence: lastSequence)
    }
}

/// A `pg_snapshot`: `xmin:xmax:xip,…`; transactions below `xmax` and not in `xip` are visible.
struct TransactionSnapshot: Equatable, Sendable, CustomStringConvertible {
    let minimum: UInt64
    let maximum: UInt64
    let inProgress: [UInt64]

    /// Sees no transaction at all.
    static let nothing = TransactionSnapshot(minimum: 1, maximum: 1, inProgress: [])

    func sees(_ transaction: UInt64) -> Bool { transaction < maximum && !inProgress.contains(transaction) }
}

extension TransactionSnapshot {
    /// Reads PostgreSQL's text form; `nil` when it is none.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let minimum = UInt64(parts[0]), let maximum = UInt64(parts[1]) else { return nil }
        let inProgress = parts[2].split(separator: ",").map { UInt64($0) }
        guard !inProgress.contains(nil) else { return nil }
        self.init(minimum: minimum, maximum: maximum, inProgress: inProgress.compactMap(\.self))
    }

    var description: String {
        "\(minimum):\(maximum):\(inProgress.map(String.init).joined(separator: ","))"
    }
}
