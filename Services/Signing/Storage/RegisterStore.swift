import Contracts
import Messaging
import Postgres

/// What is counted: numbers in registers, results and events of a dossier.
///
/// Locks are taken in one order everywhere: job, dossier, register.
enum RegisterStore {
    /// Draws the next number of a body's register; its row stays locked to the end of the transaction, so that what is
    /// undone gives its number back before another can draw.
    static func draw(
        of organization: OrganizationID, _ documentType: String, in transaction: PostgresTransaction
    ) async throws -> Int {
        try await transaction.queryOne(
            """
            INSERT INTO registers AS r (organization_id, document_type, last)
            VALUES (\(organization), \(documentType), 1)
            ON CONFLICT (organization_id, document_type) DO UPDATE SET last = r.last + 1 RETURNING last
            """
        ).get("last")
    }

    /// Counts one more result of a dossier, and the event that tells of it.
    static func countResult(
        of dossier: DossierID, in transaction: PostgresTransaction
    ) async throws -> (ordinal: Int, version: Int64) {
        let row = try await transaction.queryOne(
            """
            UPDATE dossiers SET results = results + 1, version = version + 1 WHERE dossier_id = \(dossier)
            RETURNING results, version
            """)
        return (try row.get("results"), try row.get("version"))
    }

    /// Counts one more event of a dossier.
    static func countEvent(of dossier: DossierID, in transaction: PostgresTransaction) async throws -> Int64 {
        try await transaction.queryOne(
            "UPDATE dossiers SET version = version + 1 WHERE dossier_id = \(dossier) RETURNING version"
        ).get("version")
    }
}
