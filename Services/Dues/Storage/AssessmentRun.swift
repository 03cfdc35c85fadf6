import Contracts
import DuesDomain
import Foundation
import Postgres

/// A run of the monthly assessment (đợt tính đảng phí), as it is kept.
struct AssessmentRun: Sendable, Encodable {
    let runId: UUIDv7
    let month: DuesMonth
    let organizationId: OrganizationID?
    let state: String
    /// The version of the policy that the whole run goes by; absent in runs from before policies had one.
    let policyVersion: Int?
    /// How many members were looked at.
    let members: Int64
    /// How many of them owe for the month, or are exempt.
    let assessed: Int64
    /// How many assessments were made or changed.
    let changed: Int64
    let startedAt: Date
    let finishedAt: Date?

    init(row: PostgresRow) throws {
        runId = try row.get("run_id")
        month = try row.get("month")
        organizationId = try row.get("scope_id")
        state = try row.get("state")
        policyVersion = try row.get("policy_version")
        members = try row.get("members")
        assessed = try row.get("assessed")
        changed = try row.get("changed")
        startedAt = try row.get("started_at")
        finishedAt = try row.get("finished_at")
    }

    static func find(_ id: UUIDv7, in session: any PostgresQueryable) async throws -> AssessmentRun? {
        try await session.queryOptional("\(selection) WHERE r.run_id = \(id)").map(AssessmentRun.init)
    }

    /// A run with what it did in all lanes.
    static let selection: SQL = """
        SELECT r.*, l.* FROM assessment_runs r CROSS JOIN LATERAL (
            SELECT sum(members)::bigint AS members, sum(assessed)::bigint AS assessed, sum(changed)::bigint AS changed
            FROM assessment_run_lanes WHERE run_id = r.run_id
        ) AS l
        """

    /// Starts a run; nil when one of the month is under way.
    static func start(
        _ id: UUIDv7, month: DuesMonth, scope: OrganizationID?, policy: Int, by subject: String, now: Date,
        in transaction: PostgresTransaction
    ) async throws -> AssessmentRun? {
        let results = try await transaction.pipeline([
            "SELECT ensure_assessment_month(\(month))",
            """
            INSERT INTO assessment_runs
                (run_id, month, scope_id, policy_version, state, requested_by, started_at, updated_at)
            VALUES (\(id), \(month), \(scope), \(policy), 'running', \(subject), \(now), \(now))
            ON CONFLICT (month) WHERE state = 'running' DO NOTHING
            """,
            """
            INSERT INTO assessment_run_lanes (run_id, lane)
            SELECT run_id, generate_series(0, assessment_lanes() - 1) FROM assessment_runs WHERE run_id = \(id)
            """,
            "\(selection) WHERE r.run_id = \(id)",
        ])
        return try results[3].rows.first.map(AssessmentRun.init)
    }
}
