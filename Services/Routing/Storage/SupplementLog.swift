import Contracts
import Foundation
import Postgres

/// What Intake told of supplements, and what was asked for.
enum SupplementLog {
    /// Notes a supplement; false when it was noted before.
    static func note(
        _ supplement: DossierSupplemented, awaited: Bool, at moment: Date, in transaction: PostgresTransaction
    ) async throws -> Bool {
        let noted = try await transaction.execute(
            """
            INSERT INTO case_supplements (dossier_id, number, at, request_sequence, awaited)
            VALUES (\(supplement.dossierId), \(supplement.number), \(moment), \(supplement.requestSequence), \(awaited))
            ON CONFLICT DO NOTHING
            """)
        return noted == 1
    }

    /// The number of the newest request for a supplement among the events of the case; nil when nobody asked.
    static func newestRequest(of id: DossierID, in session: any PostgresQueryable) async throws -> Int64? {
        try await session.queryOne(
            """
            SELECT max(version) AS newest FROM case_history
            WHERE dossier_id = \(id) AND type = \(CaseSupplementRequested.type)
            """
        ).get("newest", as: Int64?.self)
    }
}
