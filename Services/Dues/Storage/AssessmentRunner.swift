import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Does the runs, chunk by chunk; each chunk is a transaction with the run's progress in it, so that a run goes on
/// where it was after a crash, and several processes can share the work of several months.
struct AssessmentRunner: Sendable {
    let kit: ServiceContext
    let policies: Policies
    let writing: AssessmentWriting
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
            let version = try await policyVersion(of: run, in: transaction)
            let rules = try await policies.book(version, in: transaction).rules(for: run.month)
            let stretch = MemberStretch.following(
                try row.get("after_member_id"), limit: chunk, below: run.organizationId)
            let done = try await writing.assess(stretch, by: rules, context, in: transaction)
            let isLast = done.lookedAt < chunk
            try await transaction.execute(
                """
                UPDATE assessment_runs SET members = members + \(done.lookedAt), assessed = assessed + \(done.assessed),
                    changed = changed + \(done.changed), after_member_id = coalesce(\(done.last), after_member_id),
                    policy_version = \(version), state = \(isLast ? "done" : "running"),
                    updated_at = \(context.now), finished_at = \(isLast ? context.now : nil)
                WHERE run_id = \(run.runId)
                """)
            return true
        }
    }

    /// A run keeps the version it began with.
    private func policyVersion(of run: AssessmentRun, in transaction: PostgresTransaction) async throws -> Int {
        if let version = run.policyVersion { return version }
        return try await policies.shelf(in: transaction).version
    }
}
