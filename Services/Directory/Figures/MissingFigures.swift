import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Members of one category of whom no figure of a month has come.
struct MissingFigures: Sendable {
    let organization: OrganizationID
    let month: DuesMonth
    let category: DuesCategory
    let kind: DuesFigureKind

    private static let ends = MembershipState.allCases.filter(\.isEnd).map(\.rawValue)

    /// Somebody whose figure is missing.
    struct Item: PostgresRowDecodable, Encodable, Sendable {
        let memberId: MemberID
        let fullName: String
        let cellId: OrganizationID

        init(row: PostgresRow) throws {
            memberId = try row.get("id")
            fullName = try row.get("full_name")
            cellId = try row.get("cell_id")
        }
    }

    /// An organisation directly below, or the asked one itself for its own members.
    struct Count: PostgresRowDecodable, Encodable, Sendable {
        let organizationId: OrganizationID
        let members: Int64
        let missing: Int64

        init(row: PostgresRow) throws {
            organizationId = try row.get("part")
            members = try row.get("members")
            missing = try row.get("missing")
        }
    }

    func page(_ page: PageRequest, in session: any PostgresQueryable) async throws -> [Item] {
        try await session.query(
            """
            WITH RECURSIVE \(OrganizationStore.below(organization))
            SELECT m.id, m.document ->> 'fullName' AS full_name, m.cell_id FROM members m
            WHERE m.cell_id IN (SELECT id FROM below) AND \(concerned) AND NOT \(hasFigure)
                AND (\(page.after)::uuid IS NULL OR m.id > \(page.after))
            ORDER BY m.id LIMIT \(page.limit + 1)
            """, as: Item.self)
    }

    func counts(in session: any PostgresQueryable) async throws -> [Count] {
        try await session.query(
            """
            WITH RECURSIVE parts (part, id) AS (
                SELECT \(organization)::uuid, \(organization)::uuid
                UNION ALL
                SELECT CASE p.id WHEN \(organization) THEN o.id ELSE p.part END, o.id
                FROM parts p JOIN organizations o ON o.parent_id = p.id)
            SELECT p.part, count(*) AS members, count(*) FILTER (WHERE NOT \(hasFigure)) AS missing
            FROM parts p JOIN members m ON m.cell_id = p.id
            WHERE \(concerned) GROUP BY p.part ORDER BY p.part
            """, as: Count.self)
    }

    private var concerned: SQL {
        "m.state <> ALL (\(Self.ends)) AND m.document ->> 'duesCategory' = \(category.rawValue)"
    }

    private var hasFigure: SQL {
        """
        EXISTS (SELECT FROM figures f
            WHERE f.member_id = m.id AND f.month = \(month) AND f.kind = \(kind.rawValue)
                AND NOT \(FigureWithdrawals.isWithdrawn("f")))
        """
    }
}
