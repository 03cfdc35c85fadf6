import Contracts
import DuesDomain
import Foundation
import Postgres

/// Who would pay what differently in a month by another version of the policy, in numbers.
struct PolicyComparison: Sendable, Encodable {
    enum State: String, Encodable {
        case running, done
        /// The proposal was withdrawn meanwhile.
        case stopped
    }

    /// What the members of one category pay; amounts in đồng.
    struct Sums: Sendable, Hashable, Codable {
        /// Who owes by one of the versions, or is exempt.
        var members: Int64 = 0
        /// Those of them whose amount differs.
        var differing: Int64 = 0
        var sumNow: Int64 = 0
        var sumThen: Int64 = 0
        /// What one member pays more at most.
        var highestRise: Int64 = 0
        /// What one member pays less at most.
        var highestFall: Int64 = 0
        /// Who pays something now and would pay nothing.
        var toExempt: Int64 = 0
        /// Who pays nothing now and would pay something.
        var fromExempt: Int64 = 0

        static func + (left: Sums, right: Sums) -> Sums {
            Sums(
                members: left.members + right.members, differing: left.differing + right.differing,
                sumNow: left.sumNow + right.sumNow, sumThen: left.sumThen + right.sumThen,
                highestRise: max(left.highestRise, right.highestRise),
                highestFall: max(left.highestFall, right.highestFall), toExempt: left.toExempt + right.toExempt,
                fromExempt: left.fromExempt + right.fromExempt)
        }
    }

    struct Category: Sendable, Encodable {
        /// Absent for members without one.
        let category: DuesCategory?
        let sums: Sums
    }

    let comparisonId: UUIDv7
    let version: Int
    let baseVersion: Int
    let month: DuesMonth
    let state: State
    /// How many members were looked at.
    let members: Int64
    let startedAt: Date
    let finishedAt: Date?
    let total: Sums
    let categories: [Category]
    /// Months that runs have assessed and whose rules would be others: they change when they are assessed again.
    var assessedMonthsChanged: [DuesMonth] = []

    init(row: PostgresRow, sums rows: [PostgresRow]) throws {
        comparisonId = try row.get("comparison_id")
        version = try row.get("version")
        baseVersion = try row.get("base_version")
        month = try row.get("month")
        state = State(rawValue: try row.get("state")) ?? .stopped
        members = try row.get("members")
        startedAt = try row.get("started_at")
        finishedAt = try row.get("finished_at")
        categories = try rows.map { row in
            Category(
                category: DuesCategory(rawValue: try row.get("category")),
                sums: Sums(
                    members: try row.get("members"), differing: try row.get("differing"),
                    sumNow: try row.get("sum_now"), sumThen: try row.get("sum_then"),
                    highestRise: try row.get("highest_rise"), highestFall: try row.get("highest_fall"),
                    toExempt: try row.get("to_exempt"), fromExempt: try row.get("from_exempt")))
        }
        total = categories.map(\.sums).reduce(Sums(), +)
    }
}

extension PolicyComparison {
    /// The last comparison of a version that was begun, for a month or for any.
    static func newest(
        of version: Int, month: DuesMonth?, in session: any PostgresQueryable
    ) async throws -> PolicyComparison? {
        let row = try await session.queryOptional(
            """
            SELECT * FROM policy_comparisons
            WHERE version = \(version) AND (\(month)::text IS NULL OR month = \(month))
            ORDER BY started_at DESC, comparison_id DESC LIMIT 1
            """)
        guard let row else { return nil }
        let id: UUIDv7 = try row.get("comparison_id")
        return try PolicyComparison(
            row: row,
            sums: await session.query(
                "SELECT * FROM policy_comparison_sums WHERE comparison_id = \(id) ORDER BY category"))
    }

    /// Whether a comparison with the version in force is finished for a month or a later one.
    static func isDone(
        of version: Int, with base: Int, from month: DuesMonth, in session: any PostgresQueryable
    ) async throws -> Bool {
        try await session.queryOne(
            """
            SELECT EXISTS (
                SELECT FROM policy_comparisons
                WHERE version = \(version) AND base_version = \(base) AND month >= \(month) AND state = 'done') AS done
            """
        ).get("done")
    }

    /// Begins a comparison; nil when one of the month is under way.
    static func start(
        _ id: UUIDv7, of version: Int, with base: Int, month: DuesMonth, by subject: String, at now: Date,
        in transaction: PostgresTransaction
    ) async throws -> PolicyComparison? {
        try await transaction.queryOptional(
            """
            INSERT INTO policy_comparisons
                (comparison_id, version, base_version, month, state, requested_by, started_at, updated_at)
            VALUES (\(id), \(version), \(base), \(month), 'running', \(subject), \(now), \(now))
            ON CONFLICT (version, month) WHERE state = 'running' DO NOTHING RETURNING *
            """
        ).map { try PolicyComparison(row: $0, sums: []) }
    }

    /// Ends what is under way for a version that nobody wants any more.
    static func stop(of version: Int, at now: Date, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE policy_comparisons SET state = 'stopped', updated_at = \(now), finished_at = \(now)
            WHERE version = \(version) AND state = 'running'
            """)
    }

    /// The months that were assessed by runs.
    static func assessedMonths(in session: any PostgresQueryable) async throws -> [DuesMonth] {
        try await session.query("SELECT DISTINCT month FROM assessment_runs ORDER BY month").map {
            try $0.get("month")
        }
    }
}
