@testable import Messaging

/// What a relay in its term has in hand: rows on their way to one cluster, in order.
struct RelayHand<Row> {
    let cluster: Int
    var position: RelayPosition
    var rows: [Row] = []
    /// How many of the rows are in the log.
    var sent = 0
    /// How many of them it knows to be there.
    var confirmed = 0

    var isEmpty: Bool { rows.isEmpty }
    var isConfirmed: Bool { !rows.isEmpty && confirmed == rows.count }

    mutating func take(_ rows: [Row]) {
        self.rows = rows
        sent = 0
        confirmed = 0
    }

    /// The next row to reach the log. One that is there already is recognised by the broker when it is sent again.
    mutating func next() -> Row? {
        guard sent < rows.count else { return nil }
        defer { sent += 1 }
        return rows[sent]
    }
}
