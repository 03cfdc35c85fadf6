import Contracts
import Foundation
import Postgres
import ServiceKit

/// Places the cases below an organisation anew when it hangs elsewhere, so that the lists of its new superiors show them.
struct PlaceUpkeep: Sendable {
    let kit: ServiceContext

    func run() async throws {
        while let moved = try await MovedOrganization.next(in: kit.pool) {
            try await place(below: moved.id)
            try await moved.forget(in: kit.pool)
        }
    }

    private func place(below id: OrganizationID) async throws {
        var after: DossierID?
        while let last = try await step(below: id, after: after) { after = last }
    }

    /// One page of cases; answers the last one, nil at the end.
    private func step(below id: OrganizationID, after: DossierID?) async throws -> DossierID? {
        try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let rest: SQL = after.map { "AND p.dossier_id > \($0)" } ?? ""
            let ids: [DossierID] = try await transaction.query(
                """
                SELECT c.dossier_id FROM cases c WHERE c.dossier_id IN (
                    SELECT p.dossier_id FROM case_places p WHERE p.organization_id = \(id) \(rest)
                    ORDER BY p.dossier_id LIMIT 500)
                ORDER BY c.dossier_id FOR UPDATE
                """
            ).map { try $0.get("dossier_id") }
            try CasePlaces.place(ids, in: transaction)
            return ids.last
        }
    }
}
