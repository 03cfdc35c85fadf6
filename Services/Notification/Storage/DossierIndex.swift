import Contracts
import Postgres

/// Whose dossier it is: later events name only the dossier.
enum DossierIndex {
    struct Entry: Sendable {
        let code: DossierCode
        let applicant: MemberID
    }

    static func keep(
        _ id: DossierID, code: DossierCode, applicant: MemberID, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO dossiers (dossier_id, code, applicant_member_id) VALUES (\(id), \(code), \(applicant))
            ON CONFLICT (dossier_id) DO NOTHING
            """)
    }

    /// The dossier, `nil` while neither Intake nor a campaign has told of it.
    static func find(_ id: DossierID, in session: any PostgresQueryable) async throws -> Entry? {
        try await session.queryOptional("SELECT code, applicant_member_id FROM dossiers WHERE dossier_id = \(id)").map {
            Entry(code: try $0.get("code"), applicant: try $0.get("applicant_member_id"))
        }
    }
}
