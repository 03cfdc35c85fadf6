import Foundation
import Postgres

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
