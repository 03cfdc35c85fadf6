import Contracts
import Foundation
import Postgres
import RoutingDomain

/// Under which organisations open turns stand, for the lists of superiors.
enum CasePlaces {
    /// Places cases, as their turns stand now, under the organisation of each open turn and everything above it; one that
    /// runs no longer stands nowhere. The row locks are held.
    static func place(_ ids: [DossierID], in transaction: PostgresTransaction) throws {
        try transaction.enqueue("DELETE FROM case_places WHERE dossier_id \(among(ids))")
        try placeNew(ids, in: transaction)
    }

    /// Places cases that stand nowhere yet.
    static func placeNew(_ ids: [DossierID], in transaction: PostgresTransaction) throws {
        // The depth is bounded in case the links form a ring; with OFFSET 0 each organisation is looked up, where a join
        // may read the whole table for each level.
        try transaction.enqueue(
            """
            WITH RECURSIVE path AS (
                SELECT organization_id, dossier_id, turn, 0 AS distance, due_at, procedure, step, waiting, code
                FROM case_turns WHERE dossier_id \(among(ids))
                UNION ALL
                SELECT o.parent_id, p.dossier_id, p.turn, p.distance + 1, p.due_at, p.procedure, p.step, p.waiting,
                    p.code
                FROM path p CROSS JOIN LATERAL (
                    SELECT parent_id FROM directory_organizations WHERE id = p.organization_id OFFSET 0) AS o
                WHERE o.parent_id IS NOT NULL AND p.distance < 32)
            INSERT INTO case_places (organization_id, dossier_id, turn, distance, due_at, procedure, step, waiting, code)
            SELECT * FROM path ON CONFLICT DO NOTHING
            """)
    }

    /// Of one case the server plans once for all; of a list each time anew, which costs a decision half a millisecond.
    private static func among(_ ids: [DossierID]) -> SQL {
        if let only = ids.first, ids.count == 1 { return "= \(only)" }
        return "= ANY (\(ids))"
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
