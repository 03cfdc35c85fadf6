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
        try await transaction.execute(
            """
            UPDATE placements SET to_on = \(day.adding(days: -1))
            WHERE kind = \(kind) AND id = \(id) AND to_on IS NULL AND place_id IS DISTINCT FROM \(place)
            """)
        guard let place else { return }
        try await transaction.execute(
            """
            INSERT INTO placements (kind, id, place_id, from_on)
            SELECT \(kind), \(id), \(place), \(day)
            WHERE NOT EXISTS (SELECT FROM placements WHERE kind = \(kind) AND id = \(id) AND to_on IS NULL)
            ON CONFLICT (kind, id, from_on) DO UPDATE SET place_id = excluded.place_id, to_on = NULL
            """)
    }
}
