import Contracts
import Postgres

/// A write-off of what no file had told: the file that tells it undoes it.
struct SettledWriteOff {
    let exception: UUIDv7
    /// What it took out of clearing; negative of a refund.
    let amount: Dong

    /// Nil where the row of an outer join has none.
    init?(row: PostgresRow) throws {
        guard let id: UUIDv7 = try row.get("exception_id") else { return nil }
        exception = id
        amount = try row.get("cleared")
    }
}
