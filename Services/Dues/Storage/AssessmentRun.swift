import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// A run of the monthly assessment (đợt tính đảng phí), as it is kept.
struct AssessmentRun: Sendable, Encodable {
    let runId: UUIDv7
    let month: DuesMonth
    let organizationId: OrganizationID?
    let state: String
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
        members = try row.get("members")
        assessed = try row.get("assessed")
        changed = try row.get("changed")
        startedAt = try row.get("started_at")
        finishedAt = try row.get("finished_at")
    }

    static func find(_ id: UUIDv7, in session: any PostgresQueryable) async throws -> AssessmentRun? {
        try await session.queryOptional("SELECT * FROM assessment_runs WHERE run_id = \(id)").map(AssessmentRun.init)
    }

    /// Starts a run; nil when one of the month is under way.
    static func start(
        _ id: UUIDv7, month: DuesMonth, scope: OrganizationID?, by subject: String, now: Date,
        in transaction: PostgresTransaction
    ) async throws -> AssessmentRun? {
        let results = try await transaction.pipeline([
            "SELECT ensure_assessment_month(\(month))",
            """
            INSERT INTO assessment_runs (run_id, month, scope_id, state, requested_by, started_at, updated_at)
            VALUES (\(id), \(month), \(scope), 'running', \(subject), \(now), \(now))
            ON CONFLICT (month) WHERE state = 'running' DO NOTHING RETURNING *
            """,
        ])
        return try results[1].rows.first.map(AssessmentRun.init)
    }
}

/// Does the runs, chunk by chunk; each chunk is a transaction with the run's progress in it, so that a run goes on
/// where it was after a crash, and several processes can share the work of several months.
struct AssessmentRunner: Sendable {
    let kit: ServiceContext
    let book: DuesPolicyBook
    let standings: Standings
    let chunk: Int

    /// Does chunks until no run is left.
    func drain() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// Does one chunk of the oldest run that nobody else works on; false when there is none.
    func step() async throws -> Bool {
        let context = kit.eventContext()
        return try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            guard
                let row = try await transaction.queryOptional(
                    """
                    SELECT * FROM assessment_runs WHERE state = 'running' ORDER BY started_at, run_id
                    LIMIT 1 FOR UPDATE SKIP LOCKED
                    """)
            else { return false }
            let run = try AssessmentRun(row: row)
            let statement = AssessmentStatement(
                rules: try book.rules(for: run.month), scope: run.organizationId, now: context.now)
            let after: MemberID? = try row.get("after_member_id")
            // The chunk's own statement sees whatever was committed before the month was free.
            let results = try await transaction.pipeline([
                MonthLock.alone(run.month), statement.chunk(after: after, limit: chunk),
            ])
            try await follow(results[1].rows, after: after, statement, run, context, transaction)
            return true
        }
    }

    private func follow(
        _ rows: [PostgresRow], after: MemberID?, _ statement: AssessmentStatement, _ run: AssessmentRun,
        _ context: EventContext, _ transaction: PostgresTransaction
    ) async throws {
        guard let summary = rows.first else { return }
        let changed = try rows.filter { try !$0.isNull("assessment_id") }
        let assessments = try changed.map { try AssessmentRow(row: $0, book: book) }
        let events = try zip(assessments, changed).map { assessment, row in
            try kit.outbox.entry(
                of: assessment.event(amountBefore: try row.get("amount_before")),
                key: assessment.assessmentId.value, version: assessment.version, context: context)
        }
        let members = assessments.map(\.assessment.memberId)
        try await kit.outbox.append(events, in: transaction)
        let last: MemberID? = try summary.get("last_member_id")
        if let last {
            let differences = SettledDifferences(
                month: run.month, after: after, last: last, changed: members, owing: statement.owing, now: context.now)
            let settled = try await differences.settle(in: transaction)
            try await standings.refresh(settled.union(members), context: context, in: transaction)
        }
        let lookedAt: Int = try summary.get("looked_at")
        let isLast = lookedAt < chunk
        try await transaction.execute(
            """
            UPDATE assessment_runs SET members = members + \(lookedAt), assessed = assessed + \(
                try summary.get("assessed", as: Int64.self)), changed = changed + \(changed.count),
                after_member_id = coalesce(\(last), after_member_id),
                state = \(isLast ? "done" : "running"), updated_at = \(context.now),
                finished_at = \(isLast ? context.now : nil)
            WHERE run_id = \(run.runId)
            """)
    }
}
