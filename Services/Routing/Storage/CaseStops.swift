import Contracts
import Foundation
import Postgres
import RoutingDomain

/// Each time a case began to wait for the applicant.
enum CaseStops {
    static func note(
        _ running: RunningCase, after before: RunningCase, at moment: Date, in transaction: PostgresTransaction
    ) throws {
        let stood = Set(before.turns.filter(\.isWaiting).map(\.number))
        for turn in running.turns where turn.isWaiting && !stood.contains(turn.number) {
            try transaction.enqueue(
                """
                INSERT INTO case_stops (dossier_id, at, turn, organization_id)
                VALUES (\(running.dossierId), \(moment), \(turn.number), \(turn.organizationId)) ON CONFLICT DO NOTHING
                """)
        }
    }
}
