import Contracts
import Postgres

/// Who stood where, from which day to which.
enum Placements {
    /// Writes down where something stands from a day on; nothing where it stands nowhere any more.
    ///
    /// What was written of that day and later gives way.
    static func place(
        _ kind: String, _ id: UUIDv7, at place: OrganizationID?, from day: Day, in transaction: PostgresTransaction
    ) async throws {
        // The usual case: it stands there already, and has since before.
        let open = try await transaction.queryOptional(
            """
            SELECT place_id, from_on FROM placements WHERE kind = \(kind) AND id = \(id) AND to_on IS NULL
            """)
        if let open, let place, try open.get("place_id", as: OrganizationID.self) == place,
            try open.get("from_on", as: Day.self) <= day
        {
            return
        }
        try await transaction.execute(
            "DELETE FROM placements WHERE kind = \(kind) AND id = \(id) AND from_on >= \(day)")
        try await transaction.execute(
            """
            UPDATE placements SET to_on = \(day.adding(days: -1))
            WHERE kind = \(kind) AND id = \(id) AND (to_on IS NULL OR to_on >= \(day))
            """)
        guard let place else { return }
        try await transaction.execute(
            "INSERT INTO placements (kind, id, place_id, from_on) VALUES (\(kind), \(id), \(place), \(day))")
    }
}
