import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Figures as rows.
enum FigureStore {
    /// Enters what is new, and has it told to the other services: whatever differs from the newest figure of the same
    /// member, month, kind and employer, and is not older than that. The same once more changes nothing.
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
            WITH entered AS (
                INSERT INTO figures (member_id, month, kind, employer_code, employer_name, amount, told_at, came_at,
                    origin)
                SELECT DISTINCT ON (x.member_id, x.month, x.kind, x.employer_code) x.member_id, x.month, x.kind,
                    x.employer_code, x.employer_name, x.amount, \(told), \(now), \(origin)
                FROM (\(source)) AS x LEFT JOIN LATERAL (
                    SELECT f.amount, f.told_at FROM figures f
                    WHERE f.member_id = x.member_id AND f.month = x.month AND f.kind = x.kind
                        AND f.employer_code = x.employer_code
                    ORDER BY f.told_at DESC, f.id DESC LIMIT 1
                ) AS newest ON true
                WHERE newest.amount IS NULL OR (newest.amount <> x.amount AND newest.told_at <= \(told))
                ORDER BY x.member_id, x.month, x.kind, x.employer_code, x.employer_name
                RETURNING member_id
            ), untold AS (
                INSERT INTO figures_untold (member_id) SELECT DISTINCT member_id FROM entered
            )
            SELECT count(*) AS n FROM entered
            """
        ).get("n")
    }

    /// What counts by now for members, from a month on: of each employer the newest.
    static func known(
        of members: [MemberID], since month: DuesMonth, in session: any PostgresQueryable
    ) async throws -> [MemberID: [MonthFigures]] {
        let decisions = try await decisions(of: members, in: session)
        var reported: [MonthKey: [ReportedFigure]] = [:]
        let rows = try await session.query(
            """
            SELECT DISTINCT ON (member_id, month, kind, employer_code) id, member_id, month, kind, employer_code,
                employer_name, amount, came_at
            FROM figures WHERE member_id = ANY (\(members)) AND month >= \(month)
            ORDER BY member_id, month, kind, employer_code, told_at DESC, id DESC
            """)
        for row in rows {
            reported[try MonthKey(row), default: []].append(
                ReportedFigure(
                    id: try row.get("id"), employerCode: try row.get("employer_code"),
                    employerName: try row.get("employer_name"), amount: try row.get("amount"),
                    cameAt: try row.get("came_at")))
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
