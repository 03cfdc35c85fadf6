import Contracts
import Foundation
import Logging
import Metrics
import Postgres
import Projections
import ServiceKit

/// Assesses members anew about whom the directory told something else.
struct ChangedMembers: Sendable {
    let kit: ServiceContext
    let reassessment: Reassessment

    /// Looks at everybody who waits.
    func drain() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// Looks at the one who waits longest; false when nobody is left. Whoever stands in an organisation that is not known
    /// here yet waits for it, and all wait while the copy of the directory is behind.
    func step() async throws -> Bool {
        guard (try? kit.requireFresh(DirectoryProjection.consumerName(of: kit.service))) != nil else { return false }
        let context = kit.eventContext()
        return try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            guard
                let row = try await transaction.queryOptional(
                    """
                    SELECT c.member_id FROM members_changed c WHERE c.noted_at <= clock_timestamp() AND EXISTS (
                        SELECT FROM directory_members m JOIN directory_organizations o ON o.id = m.cell_id
                        WHERE m.id = c.member_id)
                    ORDER BY c.noted_at, c.member_id LIMIT 1 FOR UPDATE SKIP LOCKED
                    """)
            else { return false }
            let member: MemberID = try row.get("member_id")
            do {
                let changed = try await transaction.savepoint {
                    try await reassessment.follow(member, context, in: transaction)
                }
                try transaction.enqueue("DELETE FROM members_changed WHERE member_id = \(member)")
                Counter(label: "dues.reassessments", dimensions: [("outcome", changed > 0 ? "changed" : "same")])
                    .increment()
            } catch let error as PostgresError where error.isRetriable || error.code == .cancelled {
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // The others go on; this one comes again.
                kit.logger.error("a member could not be assessed anew", metadata: ["error": "\(error)"])
                Counter(label: "dues.reassessments", dimensions: [("outcome", "failed")]).increment()
                try transaction.enqueue(
                    """
                    UPDATE members_changed SET noted_at = clock_timestamp() + interval '5 minutes'
                    WHERE member_id = \(member)
                    """)
            }
            return true
        }
    }
}
