import Contracts
import DuesDomain
import Foundation
import Postgres
import ServiceKit

/// Does the comparisons, chunk by chunk, as `AssessmentRunner` does the runs: the sums grow with the progress.
struct PolicyComparisonRunner: Sendable {
    let kit: ServiceContext
    let policies: Policies
    let chunk: Int

    /// Does chunks until no comparison is left.
    func drain() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// Does one chunk of the oldest comparison that nobody else works on; false when there is none.
    func step() async throws -> Bool {
        let now = kit.time.now
        return try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            guard
                let row = try await transaction.queryOptional(
                    """
                    SELECT c.*, p.document FROM policy_comparisons c JOIN dues_policies p USING (version)
                    WHERE c.state = 'running' ORDER BY c.started_at, c.comparison_id
                    LIMIT 1 FOR UPDATE OF c SKIP LOCKED
                    """)
            else { return false }
            let comparison = try PolicyComparison(row: row, sums: [])
            let month = comparison.month
            let stretch = MemberStretch.following(try row.get("after_member_id"), limit: chunk, below: nil)
            let statement = ComparisonStatement(
                comparisonId: comparison.comparisonId, members: stretch,
                now: try await policies.book(comparison.baseVersion, in: transaction).rules(for: month),
                then: try DuesPolicyBook(json: Array(row.get("document", as: String.self).utf8)).rules(for: month),
                at: now)
            let summary = try await transaction.queryOne(statement.addition)
            let lookedAt: Int = try summary.get("looked_at")
            let last: MemberID? = try summary.get("last_member_id")
            let isLast = lookedAt < chunk
            try await transaction.execute(
                """
                UPDATE policy_comparisons SET members = members + \(lookedAt),
                    after_member_id = coalesce(\(last), after_member_id), state = \(isLast ? "done" : "running"),
                    updated_at = \(now), finished_at = \(isLast ? now : nil)
                WHERE comparison_id = \(comparison.comparisonId)
                """)
            return true
        }
    }
}

/// Adds to a comparison what a stretch of members owes by one set of rules and by another; nothing is assessed.
struct ComparisonStatement {
    let comparisonId: UUIDv7
    let members: MemberStretch
    let now: MonthRules
    let then: MonthRules
    let at: Date

    var addition: SQL {
        """
        WITH RECURSIVE \(members.chunk), pair AS (
            -- Added up and not joined: what a planner thinks of the sizes must not make it quadratic.
            SELECT coalesce(max(category), '') AS category, sum(amount_now)::bigint AS amount_now,
                sum(amount_then)::bigint AS amount_then
            FROM (
                SELECT member_id, category, amount AS amount_now, 0::bigint AS amount_then
                FROM (\(amounts(now))) AS by_now
                UNION ALL
                SELECT member_id, category, 0, amount FROM (\(amounts(then))) AS by_then
            ) AS owed GROUP BY member_id
        ), added AS (
            INSERT INTO policy_comparison_sums AS s (comparison_id, category, members, differing, sum_now, sum_then,
                highest_rise, highest_fall, to_exempt, from_exempt)
            SELECT \(comparisonId), category, count(*), count(*) FILTER (WHERE amount_now <> amount_then),
                sum(amount_now), sum(amount_then), greatest(max(amount_then - amount_now), 0),
                greatest(max(amount_now - amount_then), 0),
                count(*) FILTER (WHERE amount_now > 0 AND amount_then = 0),
                count(*) FILTER (WHERE amount_now = 0 AND amount_then > 0)
            FROM pair GROUP BY category ORDER BY category
            ON CONFLICT (comparison_id, category) DO UPDATE SET members = s.members + excluded.members,
                differing = s.differing + excluded.differing, sum_now = s.sum_now + excluded.sum_now,
                sum_then = s.sum_then + excluded.sum_then,
                highest_rise = greatest(s.highest_rise, excluded.highest_rise),
                highest_fall = greatest(s.highest_fall, excluded.highest_fall),
                to_exempt = s.to_exempt + excluded.to_exempt, from_exempt = s.from_exempt + excluded.from_exempt
        )
        SELECT count(*) AS looked_at, (SELECT member_id FROM chunk ORDER BY member_id DESC LIMIT 1) AS last_member_id
        FROM chunk
        """
    }

    /// The tables of one set of rules stand in a query of their own, so that both can have the same names.
    private func amounts(_ rules: MonthRules) -> SQL {
        let statement = AssessmentStatement(rules: rules, members: members, now: at)
        return "WITH \(statement.computation) SELECT member_id, category, amount FROM relieved"
    }
}
