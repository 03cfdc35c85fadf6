import Contracts
import Logging
import Metrics
import Postgres
import RoutingDomain
import ServiceKit

/// Reminds members of the end of their temporary stays, and ends them.
struct StayEnds: Sendable {
    let desk: CaseDesk

    /// Tells everything that is due.
    func run() async throws {
        // Of a copy of the members that is being filled again it would seem that nobody stays anywhere.
        guard (try? desk.requireFreshRoles()) != nil else { return }
        while try await step() == CaseSweep.page { try Task.checkCancellation() }
    }

    /// Tells what is due of one page of stays; answers how many there were.
    func step() async throws -> Int {
        let today = Day(containing: desk.kit.time.now)
        return try await desk.kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let sweep = CaseSweep(desk: desk, name: "stay ends") { running, around in
                let change = StayWatch.look(at: running, in: around)
                if change.running.stay?.isOver == true, change.events.isEmpty { layAside(running.dossierId) }
                return change
            }
            let outcome = try await sweep.work(
                """
                SELECT c.dossier_id, c.document FROM case_stays s JOIN cases c USING (dossier_id)
                WHERE s.look_on <= \(today) AND NOT EXISTS (\(undecided))
                ORDER BY s.look_on, s.dossier_id LIMIT \(CaseSweep.page) FOR UPDATE OF c SKIP LOCKED
                """, in: transaction)
            // The state itself stays as it is; only the day of the next look moves.
            try await transaction.execute(
                """
                UPDATE case_stays SET look_on = \(today.adding(days: 1))
                WHERE dossier_id = ANY (\(outcome.failed)) AND look_on <= \(today)
                """)
            return outcome.rows
        }
    }

    /// A request about the stay that was made in time: the stay goes on until it is decided.
    private var undecided: SQL {
        """
        SELECT FROM cases r
        WHERE r.member_id = s.member_id AND r.stage = \(RunningCase.Stage.running.rawValue)
          AND r.document -> 'stayUntilBefore' IS NOT NULL AND r.document -> 'stayUntilDecided' IS NULL
        """
    }

    private func layAside(_ id: DossierID) {
        desk.kit.logger.warning(
            "a temporary stay that the directory does not know is laid aside", metadata: ["dossier": "\(id)"])
        Counter(label: "routing.stays.laid-aside").increment()
    }
}
