import Contracts
import Foundation
import Postgres
import Projections
import RoutingDomain
import ServiceKit

/// Finds turns whose officer's role has ended, tells of them and offers them to the superior; and gives turns back to
/// an organisation that has an officer again.
///
/// Roles end by the calendar too, and no message comes then: so the seats of open turns are looked at in turn, each once,
/// however many cases wait there.
struct VacantSeats: Sendable {
    let desk: CaseDesk

    /// How many seats are asked about at once.
    static let page = 500

    private var kit: ServiceContext { desk.kit }

    func run() async throws {
        // A copy of the roles that is being filled again would look as if everybody had left.
        guard (try? desk.requireFreshRoles()) != nil else { return }
        try await leave()
        try await takeBack()
    }

    /// Turns at seats that nobody holds any more.
    private func leave() async throws {
        var mark: Seat?
        while true {
            let seats = try await SeatStore.occupied(after: mark, limit: Self.page, in: kit.pool)
            for seat in try await SeatStore.vacant(of: seats, desk.directory, now: kit.time.now, in: kit.pool) {
                while try await step(at: seat) { try Task.checkCancellation() }
            }
            guard seats.count == Self.page else { return }
            mark = seats.last
        }
    }

    /// Offers one page of the turns at a seat; whether there may be more.
    private func step(at seat: Seat) async throws -> Bool {
        try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let outcome = try await sweep.work(
                """
                SELECT c.dossier_id, c.document FROM case_turns t JOIN cases c USING (dossier_id)
                WHERE t.seat_organization_id = \(seat.organizationId) AND t.seat_role = \(seat.role.rawValue)
                ORDER BY t.due_at, t.dossier_id LIMIT \(CaseSweep.page) FOR UPDATE OF c SKIP LOCKED
                """, in: transaction)
            return outcome.rows == CaseSweep.page && outcome.changed > 0
        }
    }

    /// Turns in which nobody acts, or somebody else though an officer of the organisation, or of a nearer superior, could.
    /// There may be very many that a superior has for good, such as those of a campaign that the only officer ordered:
    /// these are told apart in the database.
    private func takeBack() async throws {
        var mark: DossierID?
        repeat { mark = try await step(after: mark) } while mark != nil
    }

    /// One page of them; answers the last one, nil when there was none.
    func step(after mark: DossierID?) async throws -> DossierID? {
        try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let rest: SQL = mark.map { "AND t.dossier_id > \($0)" } ?? ""
            let superior = Staffing.superiorRole.rawValue
            return try await sweep.work(
                """
                SELECT c.dossier_id, c.document FROM case_turns t JOIN cases c USING (dossier_id)
                WHERE t.seat_organization_id IS DISTINCT FROM t.organization_id \(rest)
                  AND (t.seat_organization_id IS NULL OR EXISTS (
                    SELECT 1 FROM case_places p
                    JOIN directory_roles ON directory_roles.organization_id = p.organization_id
                      AND directory_roles.role = CASE p.distance WHEN 0 THEN t.role ELSE \(superior) END
                    WHERE p.dossier_id = t.dossier_id AND p.turn = t.turn AND p.distance < coalesce((
                        SELECT s.distance FROM case_places s WHERE s.organization_id = t.seat_organization_id
                          AND s.dossier_id = t.dossier_id AND s.turn = t.turn), 32767)
                      AND directory_roles.member_id NOT IN (t.member_id, t.entered_by_member_id)
                      AND \(DirectoryProjection.inForce(kit.time.now))))
                ORDER BY t.dossier_id LIMIT \(CaseSweep.page) FOR UPDATE OF c SKIP LOCKED
                """, in: transaction
            ).seen.last
        }
    }

    private var sweep: CaseSweep {
        CaseSweep(desk: desk, name: "vacant seats") { SeatWatch.look(at: $0, in: $1) }
    }
}
