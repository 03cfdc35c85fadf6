import Contracts
import Foundation
import Logging
import Postgres
import RoutingDomain
import ServiceKit
import WorkingTime

/// Computes the open deadlines anew after a change of the calendar, once an operator has seen and approved it.
///
/// Only a process that runs on the approved calendar does: during an exchange of programs the older ones leave it alone.
struct CalendarRevision: Sendable {
    let desk: CaseDesk

    private var kit: ServiceContext { desk.kit }
    private var version: String { desk.cases.reader.calendar.version }

    /// Everything that an older calendar computed, if the present one is approved.
    func run() async throws {
        guard let approval = try await CalendarApproval.read(version, in: kit.pool) else { return }
        // On a copy that is being rebuilt organisations would lose their hours and meetings.
        try desk.requireFreshRoles()
        while try await step() > 0 { try Task.checkCancellation() }
        guard approval.finishedAt == nil, try await OpenDeadlines.behind(version, limit: 1, in: kit.pool).isEmpty
        else { return }
        try await CalendarApproval.finish(version, at: kit.time.now, in: kit.pool)
        kit.logger.notice("all open deadlines follow the calendar", metadata: ["calendar": "\(version)"])
    }

    /// One page of cases; answers how many there were.
    func step() async throws -> Int {
        try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let sweep = CaseSweep(desk: desk, name: "calendar revision") { running, around in
                try DeadlineRevision.apply(to: running, in: around)
            }
            let ids = try await OpenDeadlines.behind(version, limit: CaseSweep.page, in: transaction)
            let outcome = try await sweep.work(
                """
                SELECT c.dossier_id, c.document FROM cases c WHERE c.dossier_id = ANY (\(ids.map(\.dossierId)))
                  AND EXISTS (SELECT 1 FROM case_turns t
                              WHERE t.dossier_id = c.dossier_id AND t.due_calendar <> \(version))
                ORDER BY c.dossier_id FOR UPDATE OF c SKIP LOCKED
                """, in: transaction)
            // Also of a clock that stands: it was compared with this calendar. One that failed is tried again next time.
            let compared = Set(outcome.seen).subtracting(outcome.failed)
            return try await transaction.execute(
                "UPDATE case_turns SET due_calendar = \(version) WHERE dossier_id = ANY (\(Array(compared)))")
        }
    }
}
