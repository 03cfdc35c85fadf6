import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Figures as rows.
enum FigureStore {
    /// Enters what is new, and has it told to the other services: whatever differs from the newest figure of the same
    /// member, month, kind and employer, and is not older than what the source said of that last. The same once more
    /// changes nothing, but that the source said it then is kept; also of a figure that was withdrawn, which stays so.
    ///
    /// - Parameters:
    ///   - source: a query that gives `member_id`, `month`, `kind`, `employer_code`, `employer_name` and `amount`.
    ///   - told: the moment of which the source says that it is so.
    ///   - origin: the import or the inquiry.
    /// - Returns: how many are new.
    static func enter(
        _ source: SQL, told: Date, origin: UUIDv7, at now: Date, in transaction: PostgresTransaction
    ) async throws -> Int {
        try await transaction.queryOne(
            """
            WITH said AS MATERIALIZED (
                SELECT DISTINCT ON (x.member_id, x.month, x.kind, x.employer_code) x.*, newest.id AS newest_id,
                    newest.amount AS newest_amount
                FROM (\(source)) AS x LEFT JOIN LATERAL (
                    SELECT f.id, f.amount, greatest(f.told_at, c.told_at) AS told_at
                    FROM figures f LEFT JOIN figures_confirmed c ON c.figure_id = f.id
                    WHERE f.member_id = x.member_id AND f.month = x.month AND f.kind = x.kind
                        AND f.employer_code = x.employer_code
                    ORDER BY f.told_at DESC, f.id DESC LIMIT 1
                ) AS newest ON true
                WHERE newest.id IS NULL OR newest.told_at < \(told)
                    OR (newest.told_at = \(told) AND newest.amount <> x.amount)
                ORDER BY x.member_id, x.month, x.kind, x.employer_code, x.employer_name
            ), entered AS (
                INSERT INTO figures (member_id, month, kind, employer_code, employer_name, amount, told_at, came_at,
                    origin)
                SELECT member_id, month, kind, employer_code, employer_name, amount, \(told), \(now), \(origin)
                FROM said WHERE newest_amount IS DISTINCT FROM amount
                RETURNING member_id
            ), confirmed AS (
                INSERT INTO figures_confirmed AS c (figure_id, told_at)
                SELECT newest_id, \(told) FROM said WHERE newest_amount = amount ORDER BY newest_id
                ON CONFLICT (figure_id) DO UPDATE SET told_at = greatest(c.told_at, excluded.told_at)
            ), untold AS (
                INSERT INTO figures_untold (member_id) SELECT DISTINCT member_id FROM entered
            )
            SELECT count(*) AS n FROM entered
            """
        ).get("n")
    }

    /// What counts by now for members, from a month on: of each employer the newest that was not withdrawn.
    static func known(
        of members: [MemberID], since month: DuesMonth, in session: any PostgresQueryable
    ) async throws -> [MemberID: [MonthFigures]] {
        let decisions = try await decisions(of: members, in: session)
        var reported: [MonthKey: [ReportedFigure]] = [:]
        let rows = try await session.query(
            """
            SELECT DISTINCT ON (member_id, month, kind, employer_code) id, member_id, month, kind, employer_code,
                employer_name, amount, came_at, \(FigureWithdrawals.isWithdrawn("f")) AS is_withdrawn
            FROM figures f WHERE member_id = ANY (\(members)) AND month >= \(month)
            ORDER BY member_id, month, kind, employer_code, is_withdrawn, told_at DESC, id DESC
            """)
        for row in rows {
            reported[try MonthKey(row), default: []].append(
                ReportedFigure(
                    id: try row.get("id"), employerCode: try row.get("employer_code"),
                    employerName: try row.get("employer_name"), amount: try row.get("amount"),
                    cameAt: try row.get("came_at"), isWithdrawn: try row.get("is_withdrawn")))
        }
        var known: [MemberID: [MonthFigures]] = [:]
        for (key, figures) in reported {
            known[key.member, default: []].append(
                MonthFigures(month: key.month, kind: key.kind, reported: figures, decision: decisions[key]))
        }
        return known.mapValues { $0.sorted { ($1.month, $0.kind.rawValue) < ($0.month, $1.kind.rawValue) } }
    }

    /// The newest decision of each contradiction.
    private static func decisions(
        of members: [MemberID], in session: any PostgresQueryable
    ) async throws -> [MonthKey: FigureDecision] {
        let rows = try await session.query(
            """
            SELECT DISTINCT ON (c.id) c.member_id, c.month, c.kind, d.figures, d.employer_code, d.decided_at
            FROM figure_contradictions c JOIN figure_decisions d ON d.contradiction_id = c.id
            WHERE c.member_id = ANY (\(members)) ORDER BY c.id, d.id DESC
            """)
        var decisions: [MonthKey: FigureDecision] = [:]
        for row in rows {
            let code: String? = try row.get("employer_code")
            decisions[try MonthKey(row)] = FigureDecision(
                choice: code.map { .employer(code: $0) } ?? .sum,
                figures: Set(try row.get("figures", as: [Int64].self)), decidedAt: try row.get("decided_at"))
        }
        return decisions
    }

    private struct MonthKey: Hashable {
        let member: MemberID
        let month: DuesMonth
        let kind: DuesFigureKind

        init(_ row: PostgresRow) throws {
            member = try row.get("member_id")
            month = try row.get("month")
            kind = try row.choice("kind")
        }
    }
}
