import Contracts
import Foundation
import Messaging
import Postgres
import RoutingDomain

/// The members of a campaign while their cases are made.
enum CampaignRows {
    /// A member whose case is to be made.
    struct Planned: Sendable {
        let ordinal: Int32
        /// Nil when the copy of the directory does not know him any more.
        let member: MemberState?
    }

    /// Locks the next members without a case, but for those that another process is at.
    static func claim(
        _ id: CampaignID, after mark: Int32, limit: Int, in transaction: PostgresTransaction
    ) async throws -> [Planned] {
        try await transaction.query(
            """
            SELECT p.ordinal, m.state FROM campaign_members p LEFT JOIN directory_members m ON m.id = p.member_id
            WHERE p.campaign_id = \(id) AND p.state = 'planned' AND p.ordinal > \(mark)
            ORDER BY p.ordinal LIMIT \(limit) FOR UPDATE OF p SKIP LOCKED
            """
        ).map { row in
            Planned(
                ordinal: try row.get("ordinal"),
                member: try row.get("state", as: PostgresJSON?.self).map { try ContractsJSON.decode(from: $0.bytes) })
        }
    }

    /// The codes of new dossiers: so many for each body, gap-free within its day.
    static func drawCodes(
        _ counts: [OrganizationID: Int], on day: Day, in transaction: PostgresTransaction
    ) async throws -> [OrganizationID: [DossierCode]] {
        // In one order everywhere, so that two processes wait for each other and never in a ring.
        let bodies = counts.keys.sorted()
        let rows = try await transaction.query(
            """
            WITH drawn AS (
                INSERT INTO campaign_numbers AS n (organization_id, day, drawn)
                SELECT id, \(day), needed FROM unnest(\(bodies), \(bodies.map { Int32(counts[$0] ?? 0) }))
                    WITH ORDINALITY AS b (id, needed, place) ORDER BY place
                ON CONFLICT (organization_id, day) DO UPDATE SET drawn = n.drawn + excluded.drawn
                RETURNING organization_id, drawn)
            SELECT d.organization_id, d.drawn, o.code FROM drawn d
            JOIN directory_organizations o ON o.id = d.organization_id
            """)
        var codes: [OrganizationID: [DossierCode]] = [:]
        for row in rows {
            let body: OrganizationID = try row.get("organization_id")
            let code: OrganizationCode = try row.get("code")
            let end = OpinionCampaign.firstNumber + (try row.get("drawn", as: Int.self))
            // The first one last, where it is taken from.
            codes[body] = try (end - (counts[body] ?? 0)..<end).reversed().map {
                try DossierCode(organization: code, receivedOn: day, number: $0)
            }
        }
        return codes
    }

    /// Keeps what became of members, and counts it.
    static func keep(
        _ outcomes: [CampaignOutcome], of id: CampaignID, in transaction: PostgresTransaction
    ) throws {
        try transaction.enqueue(
            """
            UPDATE campaign_members p SET state = o.state, reason = o.reason, dossier_id = o.dossier
            FROM unnest(\(outcomes.map(\.ordinal)), \(outcomes.map(\.state.rawValue)), \(outcomes.map(\.reason)),
                \(outcomes.map(\.dossierId))) AS o (ordinal, state, reason, dossier)
            WHERE p.campaign_id = \(id) AND p.ordinal = o.ordinal
            """)
        func count(_ state: CampaignOutcome.State) -> Int32 { Int32(outcomes.count { $0.state == state }) }
        // The last statement: the counters are locked for as short a time as can be.
        try transaction.enqueue(
            """
            UPDATE campaigns SET created = created + \(count(.created)), exempt = exempt + \(count(.exempt)),
                failed = failed + \(count(.failed)) WHERE id = \(id)
            """)
    }

    /// Notes that nobody is left; false while somebody is, or when that was noted before.
    static func finish(_ id: CampaignID, at moment: Date, in transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            UPDATE campaigns SET created_at = \(moment)
            WHERE id = \(id) AND created_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM campaign_members WHERE campaign_id = \(id) AND state = 'planned')
            """) == 1
    }
}
