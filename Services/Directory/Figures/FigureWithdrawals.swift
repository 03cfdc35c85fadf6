import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// What was withdrawn of figures, as rows.
enum FigureWithdrawals {
    /// Whether a row of `figures` is withdrawn by now.
    ///
    /// - Parameter figure: the name of the table in the statement.
    static func isWithdrawn(_ figure: SQL) -> SQL {
        """
        coalesce((SELECT w.withdrawn FROM figure_withdrawals w WHERE w.figure_id = \(figure).id
            ORDER BY w.id DESC LIMIT 1), false)
        """
    }

    /// The month and kind of a figure of a member, and whether it is withdrawn.
    struct Place: PostgresRowDecodable, Sendable {
        let month: DuesMonth
        let kind: DuesFigureKind
        let isWithdrawn: Bool

        init(row: PostgresRow) throws {
            month = try row.get("month")
            kind = try row.choice("kind")
            isWithdrawn = try row.get("is_withdrawn")
        }
    }

    static func place(
        of figure: Int64, member: MemberID, in session: any PostgresQueryable
    ) async throws -> Place? {
        try await session.queryOptional(
            """
            SELECT f.month, f.kind, \(isWithdrawn("f")) AS is_withdrawn FROM figures f
            WHERE f.id = \(figure) AND f.member_id = \(member)
            """, as: Place.self)
    }

    static func insert(
        _ figure: Int64, withdrawn: Bool, reason: String, by author: String, at now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO figure_withdrawals (figure_id, withdrawn, reason, decided_by, decided_at)
            VALUES (\(figure), \(withdrawn), \(reason), \(author), \(now))
            """)
    }

    /// What was withdrawn of a member's figures and counted again, the newest first.
    static func trail(
        of member: MemberID, since month: DuesMonth, in session: any PostgresQueryable
    ) async throws -> [WithdrawalView] {
        try await session.query(
            """
            SELECT w.figure_id, f.month, f.kind, f.employer_code, f.amount, w.withdrawn, w.reason, w.decided_by,
                w.decided_at
            FROM figures f JOIN figure_withdrawals w ON w.figure_id = f.id
            WHERE f.member_id = \(member) AND f.month >= \(month) ORDER BY w.id DESC
            """
        ).map(WithdrawalView.init)
    }
}

/// That a figure was withdrawn, or counted again, by whom, when and why.
struct WithdrawalView: Encodable, Sendable {
    let figureId: Int64
    let month: DuesMonth
    let kind: DuesFigureKind
    let employerCode: String
    let amount: Dong
    let withdrawn: Bool
    let reason: String
    let decidedBy: String
    let decidedAt: Date

    init(_ row: PostgresRow) throws {
        figureId = try row.get("figure_id")
        month = try row.get("month")
        kind = try row.choice("kind")
        employerCode = try row.get("employer_code")
        amount = try row.get("amount")
        withdrawn = try row.get("withdrawn")
        reason = try row.get("reason")
        decidedBy = try row.get("decided_by")
        decidedAt = try row.get("decided_at")
    }
}
