import Contracts
import Postgres
import RoutingDomain

/// Temporary stays that run, as rows: what the day of the next look is searched by.
enum CaseStays {
    /// Writes the stay of a changed case, where it has changed; one that is over has no row.
    static func note(
        _ before: RunningCase, as after: RunningCase, in transaction: PostgresTransaction
    ) throws {
        guard before.stay != after.stay else { return }
        guard let lookOn = after.stay?.lookOn else {
            return try transaction.enqueue("DELETE FROM case_stays WHERE dossier_id = \(after.dossierId)")
        }
        try transaction.enqueue(
            """
            INSERT INTO case_stays (dossier_id, member_id, look_on)
            VALUES (\(after.dossierId), \(after.memberId), \(lookOn))
            ON CONFLICT (dossier_id) DO UPDATE SET look_on = excluded.look_on
            """)
    }

    /// The case that led to a stay that runs, with its row lock; nil when it is over.
    ///
    /// Whoever locks two cases locks the one that asks first, and this one second.
    static func lock(_ dossier: DossierID, in transaction: PostgresTransaction) async throws -> RunningCase? {
        try await transaction.queryOptional(
            """
            SELECT c.document FROM case_stays s JOIN cases c USING (dossier_id)
            WHERE s.dossier_id = \(dossier) FOR UPDATE OF c
            """
        ).map(CaseStore.running)
    }
}
