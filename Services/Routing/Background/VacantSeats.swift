import Contracts
import Foundation
import Postgres
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
                SELECT dossier_id, document FROM cases
                WHERE stage = 'running' AND seat_organization_id = \(seat.organizationId)
                  AND seat_role = \(seat.role.rawValue)
                ORDER BY due_at, dossier_id LIMIT \(CaseSweep.page) FOR UPDATE SKIP LOCKED
                """, in: transaction)
            return outcome.seen.count == CaseSweep.page && outcome.changed > 0
        }
    }

    /// Turns in which somebody else acts, or nobody.
    private func takeBack() async throws {
        var mark: DossierID?
        repeat { mark = try await step(after: mark) } while mark != nil
    }

    private func step(after mark: DossierID?) async throws -> DossierID? {
        try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let rest: SQL = mark.map { "AND dossier_id > \($0)" } ?? ""
            return try await sweep.work(
                """
                SELECT dossier_id, document FROM cases
                WHERE stage = 'running' AND seat_organization_id IS DISTINCT FROM organization_id \(rest)
                ORDER BY dossier_id LIMIT \(CaseSweep.page) FOR UPDATE SKIP LOCKED
                """, in: transaction
            ).seen.last
        }
    }

    private var sweep: CaseSweep {
        CaseSweep(desk: desk, name: "vacant seats") { SeatWatch.look(at: $0, in: $1) }
    }
}
