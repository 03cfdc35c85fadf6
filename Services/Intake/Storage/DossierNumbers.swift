import Contracts
import Messaging
import Postgres

/// The running numbers in dossier codes, without gaps for each body and day.
enum DossierNumbers {
    /// Draws the next number; the counter's row stays locked to the end of the transaction, so that a submission that
    /// is undone gives its number back before another can draw.
    ///
    /// Called late in the transaction: everything after it holds up the body's other submissions of that moment.
    static func draw(
        at body: OrganizationCode, on day: Day, in transaction: PostgresTransaction
    ) async throws -> Int {
        try await transaction.queryOne(
            """
            INSERT INTO dossier_counters AS c (organization_code, day, last) VALUES (\(body), \(day), 1)
            ON CONFLICT (organization_code, day) DO UPDATE SET last = c.last + 1 RETURNING last
            """
        ).get("last")
    }
}
