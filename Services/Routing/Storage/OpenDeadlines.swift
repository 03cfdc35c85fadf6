import Contracts
import Postgres

/// Deadlines of open turns by the calendar that they were last compared with.
enum OpenDeadlines {
    /// A place in the list of what an older calendar computed.
    struct Mark: Sendable {
        let calendar: String
        let dossierId: DossierID
        let turn: Int
    }

    /// The next turns whose deadline was not compared with the calendar `version`, in the order of their marks.
    ///
    /// - Parameter after: the last mark of the part before; the beginning where it is nil.
    static func behind(
        _ version: String, after mark: Mark? = nil, limit: Int, in session: any PostgresQueryable
    ) async throws -> [Mark] {
        let rest: SQL =
            mark.map { "AND (due_calendar, dossier_id, turn) > (\($0.calendar), \($0.dossierId), \($0.turn))" } ?? ""
        // Two ranges of the index, so that what is up to date, which is nearly all, is never read.
        let rows = try await session.query(
            """
            (SELECT due_calendar, dossier_id, turn FROM case_turns
             WHERE due_calendar < \(version) \(rest) ORDER BY due_calendar, dossier_id, turn LIMIT \(limit))
            UNION ALL
            (SELECT due_calendar, dossier_id, turn FROM case_turns
             WHERE due_calendar > \(version) \(rest) ORDER BY due_calendar, dossier_id, turn LIMIT \(limit))
            ORDER BY due_calendar, dossier_id, turn LIMIT \(limit)
            """)
        return try rows.map { row in
            Mark(
                calendar: try row.get("due_calendar"), dossierId: try row.get("dossier_id"), turn: try row.get("turn"))
        }
    }
}
