import Contracts
import Postgres

/// Cases that a campaign opened: they bear the id of a dossier that was never submitted here.
enum CampaignCases {
    static func note(_ id: DossierID, in transaction: PostgresTransaction) async throws {
        try await transaction.execute("INSERT INTO campaign_cases (dossier_id) VALUES (\(id)) ON CONFLICT DO NOTHING")
    }

    static func contains(_ id: DossierID, in session: any PostgresQueryable) async throws -> Bool {
        try await session.queryOptional("SELECT 1 AS found FROM campaign_cases WHERE dossier_id = \(id)") != nil
    }
}
