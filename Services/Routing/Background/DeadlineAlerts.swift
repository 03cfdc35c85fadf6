import Contracts
import Foundation
import Postgres
import RoutingDomain
import ServiceKit

/// Tells of deadlines that come near, have passed, or have passed for so long that the superior hears of it.
struct DeadlineAlerts: Sendable {
    let desk: CaseDesk

    /// A case of which nothing can be told is tried again after so many seconds.
    static let retryAfter: TimeInterval = 600

    /// Tells everything that is due.
    func run() async throws {
        while try await step() == CaseSweep.page { try Task.checkCancellation() }
    }

    /// Tells what is due of one page of turns; answers how many there were.
    func step() async throws -> Int {
        let now = desk.kit.time.now
        return try await desk.kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let sweep = CaseSweep(desk: desk, name: "deadline alerts") { try DeadlineWatch.look(at: $0, in: $1) }
            let outcome = try await sweep.work(
                """
                SELECT c.dossier_id, c.document FROM case_turns t JOIN cases c USING (dossier_id)
                WHERE t.alert_at <= \(now)
                ORDER BY t.alert_at, t.dossier_id LIMIT \(CaseSweep.page) FOR UPDATE OF c SKIP LOCKED
                """, in: transaction)
            // The state itself stays as it is; only the moment of the next look moves.
            try await transaction.execute(
                """
                UPDATE case_turns SET alert_at = \(now.addingTimeInterval(Self.retryAfter))
                WHERE dossier_id = ANY (\(outcome.failed)) AND alert_at <= \(now)
                """)
            return outcome.rows
        }
    }
}
