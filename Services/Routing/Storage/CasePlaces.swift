import Contracts
import Postgres
import RoutingDomain

/// Under which organisations running cases stand, for the lists of superiors.
enum CasePlaces {
    /// Places cases, as their rows stand now, under the organisation of their turn and everything above it; one that
    /// runs no longer stands nowhere. The row locks are held.
    static func place(_ ids: [DossierID], in transaction: PostgresTransaction) throws {
        try transaction.enqueue("DELETE FROM case_places WHERE dossier_id = ANY (\(ids))")
        // The depth is bounded in case the links form a ring.
        try transaction.enqueue(
            """
            WITH RECURSIVE path (dossier_id, organization_id, distance) AS (
                SELECT dossier_id, organization_id, 0 FROM cases
                WHERE dossier_id = ANY (\(ids)) AND stage = 'running'
                UNION ALL
                SELECT p.dossier_id, o.parent_id, p.distance + 1
                FROM path p JOIN directory_organizations o ON o.id = p.organization_id
                WHERE o.parent_id IS NOT NULL AND p.distance < 32)
            INSERT INTO case_places (organization_id, dossier_id, distance, due_at, procedure, step, waiting, code)
            SELECT p.organization_id, c.dossier_id, p.distance, c.due_at, c.procedure, c.step, c.waiting, c.code
            FROM path p JOIN cases c USING (dossier_id) ON CONFLICT DO NOTHING
            """)
    }

    /// Whether a change of the case changes where or how it stands in the lists.
    static func differ(_ before: RunningCase, _ after: RunningCase) -> Bool {
        before.turn?.organizationId != after.turn?.organizationId || before.turn?.step != after.turn?.step
            || before.turn?.due.at != after.turn?.due.at || before.turn?.isWaiting != after.turn?.isWaiting
    }
}
