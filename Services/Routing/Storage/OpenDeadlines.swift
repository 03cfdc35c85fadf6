import Contracts
import Foundation
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

/// An operator has seen what a calendar makes of the open deadlines, and wants it applied.
struct CalendarApproval: Encodable, Sendable {
    let calendarVersion: String
    let approvedBy: String
    let approvedAt: Date
    /// When no open deadline was left that another calendar had computed; absent while there are some.
    let finishedAt: Date?

    static func read(_ version: String, in session: any PostgresQueryable) async throws -> CalendarApproval? {
        try await session.queryOptional(
            """
            SELECT calendar_version, approved_by, approved_at, finished_at FROM calendar_approvals
            WHERE calendar_version = \(version)
            """
        ).map {
            CalendarApproval(
                calendarVersion: try $0.get("calendar_version"), approvedBy: try $0.get("approved_by"),
                approvedAt: try $0.get("approved_at"), finishedAt: try $0.get("finished_at"))
        }
    }

    /// Keeps an approval; one that was given before stands.
    static func give(
        _ version: String, by subject: String, at moment: Date, in session: any PostgresQueryable
    ) async throws {
        try await session.execute(
            """
            INSERT INTO calendar_approvals (calendar_version, approved_by, approved_at)
            VALUES (\(version), \(subject), \(moment)) ON CONFLICT DO NOTHING
            """)
    }

    static func finish(_ version: String, at moment: Date, in session: any PostgresQueryable) async throws {
        try await session.execute(
            "UPDATE calendar_approvals SET finished_at = \(moment) WHERE calendar_version = \(version)")
    }
}
