import Contracts
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Tells the standings anew of members whose deferred months came into arrears because the due month has passed.
struct DeferralWatch: Sendable {
    let kit: ServiceContext
    let standings: Standings

    /// Does some of them; false when there is none left.
    func step() async throws -> Bool {
        let context = kit.eventContext()
        return try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let members: [MemberID] = try await transaction.query(
                """
                UPDATE deferrals SET lapsed = true WHERE decision_id IN (
                    SELECT decision_id FROM deferrals
                    WHERE NOT lapsed AND due_month < \(DuesMonth(containing: context.now))
                    ORDER BY decision_id LIMIT 500 FOR UPDATE SKIP LOCKED
                ) RETURNING member_id
                """
            ).map { try $0.get("member_id") }
            try await standings.refresh(Set(members), context: context, in: transaction)
            return !members.isEmpty
        }
    }
}
