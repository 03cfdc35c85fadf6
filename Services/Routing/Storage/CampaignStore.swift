import Contracts
import Foundation
import Messaging
public import Postgres
public import RoutingDomain

/// A campaign as it is kept, and how far it has come.
struct Campaign: Sendable {
    let rules: OpinionCampaign
    let organizationId: OrganizationID
    /// The tops of the subtrees whose members are concerned; empty where the order names the members.
    let within: [OrganizationID]
    let procedure: ProcedureCode
    let procedureVersion: Int
    let orderedAt: Date
    /// How many members are concerned.
    var planned = 0
    var created = 0
    var exempt = 0
    var failed = 0
    /// When the last member was dealt with; absent while there are some to come.
    var createdAt: Date?

    var id: CampaignID { rules.id }
}

/// What became of one member whom a campaign concerns.
struct CampaignOutcome: Sendable {
    enum State: String, Sendable {
        case created, exempt, failed
    }

    let ordinal: Int32
    let state: State
    /// Why there is no case.
    var reason: String?
    var dossierId: DossierID?
}

/// Campaigns as rows.
enum CampaignStore {
    /// Keeps a campaign and everybody whom it concerns: the members that the order names, else those of the cells at and
    /// below its tops whose membership is not over; in the order of the committees above their cells. Who is asked about
    /// once a year, and is in another campaign of the year, is kept as exempt.
    ///
    /// - Returns: how many members are concerned; nobody is kept beyond `limit`.
    static func plan(
        _ campaign: Campaign, of members: [MemberID]?, limit: Int, in transaction: PostgresTransaction
    ) async throws -> Int {
        // Of two campaigns that overlap one sees what the other plans.
        try await transaction.execute("SELECT pg_advisory_xact_lock(hashtext('routing.campaigns'))")
        let rules = campaign.rules
        try await transaction.execute(
            """
            INSERT INTO campaigns (id, purpose, year, organization_id, within, procedure, procedure_version,
                ordered_by_member_id, ordered_at, finish_by, planned)
            VALUES (\(rules.id), \(rules.purpose.rawValue), \(rules.year), \(campaign.organizationId),
                \(campaign.within), \(campaign.procedure), \(campaign.procedureVersion), \(rules.orderedByMemberId),
                \(campaign.orderedAt), \(rules.finishBy), 0)
            """)
        let over = MembershipState.allCases.filter(\.isEnd).map(\.rawValue)
        let concerned: SQL =
            if let members {
                "directory_members m LEFT JOIN directory_organizations o ON o.id = m.cell_id WHERE m.id = ANY (\(members))"
            } else {
                """
                below b JOIN directory_members m ON m.cell_id = b.id
                LEFT JOIN directory_organizations o ON o.id = m.cell_id
                WHERE m.state ->> 'state' <> ALL (\(over)) AND o.type IS DISTINCT FROM \(OrganizationType.external.rawValue)
                """
            }
        let asked = OpinionCampaign.Omission.askedAlready.rule
        return try await transaction.queryOne(
            """
            WITH RECURSIVE below (id) AS (
                SELECT unnest(\(campaign.within))
                UNION
                SELECT o.id FROM below b JOIN directory_organizations o ON o.parent_id = b.id),
            concerned AS (
                SELECT m.id, row_number() OVER (ORDER BY o.parent_id, m.cell_id, m.id) AS ordinal
                FROM \(concerned) LIMIT \(limit + 1)),
            kept AS (
                INSERT INTO campaign_members (campaign_id, ordinal, member_id, year, state, reason)
                SELECT \(rules.id), c.ordinal, c.id, \(rules.onceIn), CASE WHEN e.asked THEN 'exempt' ELSE 'planned' END,
                       CASE WHEN e.asked THEN \(asked) END
                FROM concerned c CROSS JOIN LATERAL (
                    SELECT EXISTS (
                        SELECT 1 FROM campaign_members e
                        WHERE e.member_id = c.id AND e.year = \(rules.onceIn) AND e.state IN ('planned', 'created')
                    ) AS asked) e
                RETURNING state),
            counted AS (SELECT count(*) AS everybody, count(*) FILTER (WHERE state = 'exempt') AS exempt FROM kept)
            UPDATE campaigns SET planned = counted.everybody, exempt = counted.exempt FROM counted
            WHERE campaigns.id = \(rules.id) RETURNING planned
            """
        ).get("planned")
    }

    /// The campaign; nil when there is none.
    static func read(_ id: CampaignID, in session: any PostgresQueryable) async throws -> Campaign? {
        try await session.queryOptional("SELECT * FROM campaigns WHERE id = \(id)").map(campaign)
    }

    /// The latest campaigns of some organisations, of all where none are given.
    static func page(
        of organizations: [OrganizationID]?, before: CampaignID?, limit: Int, in session: any PostgresQueryable
    ) async throws -> [Campaign] {
        let own: SQL = organizations.map { "AND organization_id = ANY (\($0))" } ?? ""
        let rest: SQL = before.map { "AND id < \($0)" } ?? ""
        return try await session.query(
            "SELECT * FROM campaigns WHERE true \(own) \(rest) ORDER BY id DESC LIMIT \(limit)"
        ).map(campaign)
    }

    /// The oldest campaign with members to come.
    static func atWork(in session: any PostgresQueryable) async throws -> Campaign? {
        try await session.queryOptional(
            "SELECT * FROM campaigns WHERE created_at IS NULL ORDER BY id LIMIT 1"
        ).map(campaign)
    }

    /// How many cases of the campaign are over.
    static func finished(_ id: CampaignID, in session: any PostgresQueryable) async throws -> Int {
        try await session.queryOne(
            """
            SELECT count(*) AS n FROM cases
            WHERE campaign_id = \(id) AND stage IN ('completed', 'refused', 'withdrawn')
            """
        ).get("n")
    }

    /// How many have no case, by reason.
    static func leftOut(_ id: CampaignID, in session: any PostgresQueryable) async throws -> [PostgresRow] {
        try await session.query(
            """
            SELECT state, reason, count(*) AS n FROM campaign_members
            WHERE campaign_id = \(id) AND state IN ('exempt', 'failed') GROUP BY state, reason ORDER BY state, reason
            """)
    }

    /// Who has no case, in the order of the campaign.
    static func leftOut(
        _ id: CampaignID, _ state: CampaignOutcome.State, after: Int32?, limit: Int,
        in session: any PostgresQueryable
    ) async throws -> [PostgresRow] {
        try await session.query(
            """
            SELECT p.ordinal, p.member_id, m.state ->> 'fullName' AS name, p.reason
            FROM campaign_members p LEFT JOIN directory_members m ON m.id = p.member_id
            WHERE p.campaign_id = \(id) AND p.state = \(state.rawValue) AND p.state IN ('exempt', 'failed')
              AND p.ordinal > \(after ?? 0)
            ORDER BY p.ordinal LIMIT \(limit)
            """)
    }

    private static func campaign(_ row: PostgresRow) throws -> Campaign {
        Campaign(
            rules: OpinionCampaign(
                id: try row.get("id"), purpose: try row.get("purpose"), year: try row.get("year"),
                finishBy: try row.get("finish_by"),
                orderedByMemberId: try row.get("ordered_by_member_id")),
            organizationId: try row.get("organization_id"), within: try row.get("within"),
            procedure: try row.get("procedure"), procedureVersion: try row.get("procedure_version"),
            orderedAt: try row.get("ordered_at"), planned: try row.get("planned"), created: try row.get("created"),
            exempt: try row.get("exempt"), failed: try row.get("failed"), createdAt: try row.get("created_at"))
    }
}

extension OpinionPurpose: PostgresDecodable {}
