import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Does the runs, chunk by chunk; each chunk is a transaction with the progress of its lane in it, so that a run goes on
/// where it was after a crash, and several hands and processes share the work.
struct AssessmentRunner: Sendable {
    let kit: ServiceContext
    let policies: Policies
    let writing: AssessmentWriting
    let chunk: Int
    /// How many chunks are done at once.
    let hands: Int

    /// Does chunks until no run is left.
    func drain() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<hands {
                group.addTask { while try await step() { try Task.checkCancellation() } }
            }
            try await group.waitForAll()
        }
    }

    /// Does one chunk of the first lane of the oldest run that nobody else works on; false when there is none.
    func step() async throws -> Bool {
        let context = kit.eventContext()
        return try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            guard
                let row = try await transaction.queryOptional(
                    """
                    SELECT r.run_id, r.month, r.scope_id, r.policy_version, l.lane, l.after_member_id
                    FROM assessment_run_lanes l JOIN assessment_runs r USING (run_id)
                    WHERE NOT l.done ORDER BY r.started_at, r.run_id, l.lane LIMIT 1 FOR UPDATE OF l SKIP LOCKED
                    """)
            else { return false }
            let run: UUIDv7 = try row.get("run_id")
            let lane: Int = try row.get("lane")
            let version = try await policyVersion(try row.get("policy_version"), of: run, in: transaction)
            let rules = try await policies.book(version, in: transaction).rules(for: row.get("month"))
            let stretch = MemberStretch.following(
                try row.get("after_member_id"), limit: chunk, below: try row.get("scope_id"), lane: lane)
            let done = try await writing.assess(stretch, by: rules, context, in: transaction)
            try await transaction.execute(
                """
                UPDATE assessment_run_lanes SET members = members + \(done.lookedAt),
                    assessed = assessed + \(done.assessed), changed = changed + \(done.changed),
                    after_member_id = coalesce(\(done.last), after_member_id), done = \(done.lookedAt < chunk)
                WHERE run_id = \(run) AND lane = \(lane)
                """)
            if done.lookedAt < chunk { try await finish(run, at: context.now, in: transaction) }
            return true
        }
    }

    /// Ends the run with its last lane. The run is locked first: of two lanes that end at the same moment the second sees
    /// that the first has ended.
    private func finish(_ run: UUIDv7, at now: Date, in transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            "SELECT FROM assessment_runs WHERE run_id = \(run) FOR UPDATE",
            """
            UPDATE assessment_runs r SET state = 'done', updated_at = \(now), finished_at = \(now)
            WHERE run_id = \(run)
                AND NOT EXISTS (SELECT FROM assessment_run_lanes l WHERE l.run_id = r.run_id AND NOT l.done)
            """,
        ])
    }

    /// A run keeps the version it began with; those from before policies had one take the newest.
    private func policyVersion(
        _ known: Int?, of run: UUIDv7, in transaction: PostgresTransaction
    ) async throws -> Int {
        if let known { return known }
        let version = try await policies.shelf(in: transaction).version
        try await transaction.execute(
            "UPDATE assessment_runs SET policy_version = \(version) WHERE run_id = \(run) AND policy_version IS NULL")
        return version
    }
}
