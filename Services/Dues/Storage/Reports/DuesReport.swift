import Contracts
import DuesDomain
import Foundation
import Postgres

/// A report over some months: one row for each part of the tree, computed from assessments and books when it is asked for.
struct DuesReport: Sendable {
    let places: ReportPlaces
    let months: StatementMonths
    /// The last month closed before; the balances kept then are gone on from.
    let closed: DuesMonth?

    /// One part of the tree.
    struct Row: Sendable {
        let organizationId: OrganizationID
        let code: String
        let name: String
        let type: OrganizationType
        let figures: ReportFigures
    }

    /// The parts, that of the organisation itself first, the others by their codes.
    func rows(in session: any PostgresQueryable) async throws -> [Row] {
        try await session.query("\(statement(columns: "part.*"))").map(Row.init)
    }

    /// How many parts there are.
    static func parts(of places: ReportPlaces, in session: any PostgresQueryable) async throws -> Int {
        try await session.queryOne("WITH RECURSIVE \(places.table) SELECT count(DISTINCT part) FROM places").get(at: 0)
    }

    /// - Parameter columns: what is selected of `part`, whose columns are those of ``Row``.
    func statement(columns: SQL) -> SQL {
        """
        WITH RECURSIVE \(places.table), assessed AS (\(assessed)), moved AS (\(moved)), open AS (\(openExceptions)),
        remitted AS (\(remitted)), part AS (
            SELECT p.part = \(places.organization) AS is_whole, p.part AS organization_id, o.code,
                o.state ->> 'name' AS name, o.type, \(Self.names)
            FROM (SELECT DISTINCT part FROM places) AS p JOIN directory_organizations o ON o.id = p.part
                LEFT JOIN assessed a ON a.part = p.part LEFT JOIN moved m ON m.part = p.part
                LEFT JOIN open e ON e.part = p.part LEFT JOIN remitted r ON r.part = p.part
        )
        SELECT \(columns) FROM part ORDER BY is_whole DESC, code, organization_id
        """
    }

    private static let names: SQL = """
        coalesce(assessed, 0) AS assessed, coalesce(exempt, 0) AS exempt, coalesce(provisional, 0) AS provisional,
        coalesce(due, 0)::bigint AS due, coalesce(relief, 0)::bigint AS relief, coalesce(paid, 0)::bigint AS paid,
        coalesce(of_months, 0)::bigint AS of_months, coalesce(of_earlier, 0)::bigint AS of_earlier,
        coalesce(ahead, 0)::bigint AS ahead, coalesce(in_cash, 0)::bigint AS in_cash,
        coalesce(electronic, 0)::bigint AS electronic, coalesce(corrected, 0)::bigint AS corrected,
        coalesce(arrears, 0)::bigint AS arrears, coalesce(channel_fees, 0)::bigint AS channel_fees,
        coalesce(exceptions, 0) AS exceptions, coalesce(exception_amount, 0)::bigint AS exception_amount,
        coalesce(kept, 0)::bigint AS kept, coalesce(passed_up, 0)::bigint AS passed_up
        """

    private var assessed: SQL {
        """
        SELECT p.part, count(*) AS assessed, count(*) FILTER (WHERE a.amount = 0) AS exempt,
            count(*) FILTER (WHERE a.provisional) AS provisional, sum(a.amount) AS due,
            sum(greatest(a.full_amount - a.amount, 0)) AS relief, sum(a.paid) AS paid
        FROM places p JOIN assessments a ON a.organization_id = p.id
        WHERE a.month >= \(months.from) AND a.month <= \(months.through)
        GROUP BY p.part
        """
    }

    /// What was posted on members' accounts and on fees, by who has the account. Money came in when it was credited from
    /// anything but an assessment, and not from one member's account to another: an advance that is used came in before.
    private var moved: SQL {
        let (receivable, advances) = (AccountKind.memberReceivable.rawValue, AccountKind.advances.rawValue)
        let (assessed, fees) = (AccountKind.assessedDues.rawValue, AccountKind.channelFees.rawValue)
        let since = closed?.end ?? .distantPastOfBooks
        func sides(_ account: String, _ other: String, sign: String) -> SQL {
            """
            SELECT \(identifier: "\(account)_owner") AS owner, \(identifier: account) AS account,
                \(identifier: other) AS other, \(unsafe: sign)amount AS debit, month, posted_at >= \(months.from.start) AS is_of_months
            FROM ledger_postings
            WHERE posted_at >= \(since) AND posted_at < \(months.through.end)
                AND \(identifier: account) IN (\(receivable), \(advances), \(fees))
            """
        }
        return """
            SELECT part, sum(-debit) FILTER (WHERE came_in AND month >= \(months.from) AND month <= \(months.through))
                    AS of_months,
                sum(-debit) FILTER (WHERE came_in AND (month < \(months.from) OR month IS NULL)) AS of_earlier,
                sum(-debit) FILTER (WHERE came_in AND month > \(months.through)) AS ahead,
                sum(-debit) FILTER (WHERE came_in AND other = 'cash-on-hand') AS in_cash,
                sum(-debit) FILTER (WHERE came_in AND other = 'gateway-clearing') AS electronic,
                sum(-debit) FILTER (WHERE came_in AND other NOT IN ('cash-on-hand', 'gateway-clearing')) AS corrected,
                sum(debit) FILTER (WHERE account = \(receivable)) AS arrears,
                sum(debit) FILTER (WHERE account = \(fees) AND is_of_months) AS channel_fees
            FROM (
                SELECT p.part, s.*, s.is_of_months AND s.account <> \(fees)
                    AND s.other NOT IN (\(receivable), \(advances), \(assessed)) AS came_in
                FROM places p JOIN (
                    \(sides("debit", "credit", sign: "")) UNION ALL \(sides("credit", "debit", sign: "-"))
                    UNION ALL
                    SELECT owner, account, '', balance, NULL, false FROM month_balances
                    WHERE month = \(closed?.text) AND account = \(receivable)
                ) AS s ON s.owner = p.id
            ) AS sides
            GROUP BY part
            """
    }

    private var openExceptions: SQL {
        """
        SELECT p.part, count(*) AS exceptions, sum(e.amount) AS exception_amount
        FROM places p JOIN (
            SELECT owner_id, amount FROM exceptions WHERE settled_at IS NULL AND raised_at < \(months.through.end)
            UNION ALL
            SELECT owner_id, amount FROM exceptions
            WHERE settled_at >= \(months.through.end) AND raised_at < \(months.through.end)
        ) AS e ON e.owner_id = p.id
        GROUP BY p.part
        """
    }

    private var remitted: SQL {
        """
        SELECT p.part, sum(r.kept) AS kept, sum(r.passed) FILTER (WHERE r.organization_id = p.part) AS passed_up
        FROM places p JOIN remittances r ON r.organization_id = p.id
        WHERE r.month >= \(months.from) AND r.month <= \(months.through)
        GROUP BY p.part
        """
    }
}

extension DuesReport.Row {
    init(row: PostgresRow) throws {
        var figures = ReportFigures()
        figures.assessed = try row.get("assessed")
        figures.exempt = try row.get("exempt")
        figures.provisional = try row.get("provisional")
        figures.due = try row.get("due")
        figures.relief = try row.get("relief")
        figures.paid = try row.get("paid")
        figures.ofMonths = try row.get("of_months")
        figures.ofEarlier = try row.get("of_earlier")
        figures.ahead = try row.get("ahead")
        figures.inCash = try row.get("in_cash")
        figures.electronic = try row.get("electronic")
        figures.corrected = try row.get("corrected")
        figures.arrears = try row.get("arrears")
        figures.channelFees = try row.get("channel_fees")
        figures.exceptions = try row.get("exceptions")
        figures.exceptionAmount = try row.get("exception_amount")
        figures.kept = try row.get("kept")
        figures.passedUp = try row.get("passed_up")
        self.init(
            organizationId: try row.get("organization_id"), code: try row.get("code"), name: try row.get("name"),
            type: try row.get("type"), figures: figures)
    }
}
