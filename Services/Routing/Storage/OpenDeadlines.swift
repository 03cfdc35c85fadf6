import Contracts
import Postgres

/// Deadlines of running cases by the calendar that they were last compared with.
enum OpenDeadlines {
    /// A place in the list of what an older calendar computed.
    struct Mark: Sendable {
        let calendar: String
        let dossierId: DossierID
    }

    /// The next cases whose deadline was not compared with the calendar `version`, in the order of their marks.
    ///
    /// - Parameter after: the last mark of the part before; the beginning where it is nil.
    static func behind(
        _ version: String, after mark: Mark? = nil, limit: Int, in session: any PostgresQueryable
    ) async throws -> [Mark] {
        let rest: SQL = mark.map { "AND (due_calendar, dossier_id) > (\($0.calendar), \($0.dossierId))" } ?? ""
        // Two ranges of the index, so that what is up to date, which is nearly all, is never read.
        let rows = try await session.query(
            """
            (SELECT due_calendar, dossier_id FROM cases
             WHERE stage = 'running' AND due_calendar < \(version) \(rest)
             ORDER BY due_calendar, dossier_id LIMIT \(limit))
            UNION ALL
            (SELECT due_calendar, dossier_id FROM cases
             WHERE stage = 'running' AND due_calendar > \(version) \(rest)
             ORDER BY due_calendar, dossier_id LIMIT \(limit))
            ORDER BY due_calendar, dossier_id LIMIT \(limit)
            """)
        return try rows.map { Mark(calendar: try $0.get("due_calendar"), dossierId: try $0.get("dossier_id")) }
    }
}
