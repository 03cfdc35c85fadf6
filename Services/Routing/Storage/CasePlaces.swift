import Contracts
import Foundation
import Postgres
import RoutingDomain

/// Under which organisations open turns stand, for the lists of superiors.
enum CasePlaces {
    /// Places cases, as their turns stand now, under the organisation of each open turn and everything above it; one that
    /// runs no longer stands nowhere. The row locks are held.
    static func place(_ ids: [DossierID], in transaction: PostgresTransaction) throws {
        try transaction.enqueue("DELETE FROM case_places WHERE dossier_id = ANY (\(ids))")
        try placeNew(ids, in: transaction)
    }

    /// Places cases that stand nowhere yet.
    static func placeNew(_ ids: [DossierID], in transaction: PostgresTransaction) throws {
        // The depth is bounded in case the links form a ring.
        try transaction.enqueue(
            """
            WITH RECURSIVE path (dossier_id, turn, organization_id, distance) AS (
                SELECT dossier_id, turn, organization_id, 0 FROM case_turns WHERE dossier_id = ANY (\(ids))
                UNION ALL
                SELECT p.dossier_id, p.turn, o.parent_id, p.distance + 1
                FROM path p JOIN directory_organizations o ON o.id = p.organization_id
                WHERE o.parent_id IS NOT NULL AND p.distance < 32)
            INSERT INTO case_places (organization_id, dossier_id, turn, distance, due_at, procedure, step, waiting, code)
            SELECT p.organization_id, p.dossier_id, p.turn, p.distance, t.due_at, t.procedure, t.step, t.waiting, t.code
            FROM path p JOIN case_turns t USING (dossier_id, turn) ON CONFLICT DO NOTHING
            """)
    }

    /// Whether a change of the case changes where or how it stands in the lists.
    static func differ(_ before: RunningCase, _ after: RunningCase) -> Bool {
        before.turns.map(Shown.init) != after.turns.map(Shown.init)
    }

    /// What the lists show of a turn.
    private struct Shown: Equatable {
        let number: Int
        let organizationId: OrganizationID
        let due: Date
        let isWaiting: Bool

        init(_ turn: RunningCase.Turn) {
            number = turn.number
            organizationId = turn.organizationId
            due = turn.due.at
            isWaiting = turn.isWaiting
        }
    }
}
