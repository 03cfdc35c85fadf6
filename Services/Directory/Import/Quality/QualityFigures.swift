import Contracts
import DirectoryDomain
import Postgres

/// How good and how ready the data of an organisation is, with all below it.
struct QualityFigures: PostgresRowDecodable, Encodable, Sendable {
    let organizationId: OrganizationID
    let code: OrganizationCode
    let name: String
    /// Members whose membership is not over.
    let members: Int64
    /// Those whom the Party Member Database knows under a number that is known here.
    let membersInSource: Int64
    /// Those with personal ID, sex, birth date and record number.
    let membersComplete: Int64
    /// Those about whom no difference is open.
    let membersConsistent: Int64
    let differencesOpen: Int64
    let differencesPending: Int64
    let cells: Int64
    /// Cells with a secretary or deputy in office today.
    let cellsWithSecretary: Int64
    /// Organisations that have a committee.
    let committees: Int64
    /// Committees with somebody in office today who signs.
    let committeesWithSigner: Int64

    init(row: PostgresRow) throws {
        organizationId = try row.get("id")
        code = try row.get("code")
        name = try row.get("name")
        members = try row.get("members")
        membersInSource = try row.get("in_source")
        membersComplete = try row.get("complete")
        membersConsistent = members - (try row.get("disputed", as: Int64.self))
        differencesOpen = try row.get("open")
        differencesPending = try row.get("pending")
        cells = try row.get("cells")
        cellsWithSecretary = try row.get("led")
        committees = try row.get("committees")
        committeesWithSigner = try row.get("signing")
    }

    private static let ends = MembershipState.allCases.filter(\.isEnd).map(\.rawValue)
    private static let cellTypes = OrganizationType.allCases.filter(\.isCell).map(\.rawValue)
    private static let committeeTypes = Hierarchy.committees.map(\.rawValue)

    /// The figures of an organisation, itself first, and of each directly below it.
    static func of(
        _ organization: OrganizationID, on day: Day, in session: any PostgresQueryable
    ) async throws -> [QualityFigures] {
        try await session.query(
            """
            WITH RECURSIVE tree (root, id, depth) AS (
                SELECT id, id, 0 FROM organizations
                WHERE id = \(organization) OR (parent_id = \(organization) AND status = 'active')
                UNION ALL
                SELECT t.root, o.id, t.depth + 1 FROM tree t JOIN organizations o ON o.parent_id = t.id
                WHERE o.status = 'active' AND t.depth < 32),
            people AS (
                SELECT t.root, count(*) AS members, count(m.source_id) AS in_source,
                    count(*) FILTER (WHERE m.personal_id IS NOT NULL
                        AND m.document ?& ARRAY['sex', 'birthDate', 'recordNumber']) AS complete
                FROM tree t JOIN members m ON m.cell_id = t.id
                WHERE m.state <> ALL (\(ends)) GROUP BY t.root),
            disputes AS (
                SELECT t.root, count(*) FILTER (WHERE d.state = 'open') AS open,
                    count(*) FILTER (WHERE d.state = 'pending') AS pending,
                    count(DISTINCT d.member_id) FILTER (WHERE d.state = 'open') AS disputed
                FROM tree t JOIN differences d ON d.organization_id = t.id
                WHERE d.state <> 'settled' GROUP BY t.root),
            places AS (
                SELECT t.root, count(*) FILTER (WHERE o.type = ANY (\(cellTypes))) AS cells,
                    count(*) FILTER (WHERE o.type = ANY (\(cellTypes)) AND \(held(leaders, on: day))) AS led,
                    count(*) FILTER (WHERE o.type = ANY (\(committeeTypes))) AS committees,
                    count(*) FILTER (WHERE o.type = ANY (\(committeeTypes)) AND \(held(signers, on: day))) AS signing
                FROM tree t JOIN organizations o ON o.id = t.id GROUP BY t.root)
            SELECT o.id, o.code, o.document ->> 'name' AS name, coalesce(people.members, 0) AS members,
                coalesce(in_source, 0) AS in_source, coalesce(complete, 0) AS complete,
                coalesce(disputed, 0) AS disputed, coalesce(open, 0) AS open, coalesce(pending, 0) AS pending,
                coalesce(cells, 0) AS cells, coalesce(led, 0) AS led, coalesce(committees, 0) AS committees,
                coalesce(signing, 0) AS signing
            FROM (SELECT DISTINCT root FROM tree) r JOIN organizations o ON o.id = r.root
            LEFT JOIN people USING (root) LEFT JOIN disputes USING (root) LEFT JOIN places USING (root)
            ORDER BY o.id <> \(organization), o.code
            """, as: QualityFigures.self)
    }

    private static let leaders = [RoleName.cellSecretary, .cellDeputy].map(\.rawValue)
    private static let signers = [RoleName.committeeSigner.rawValue]

    /// Whether somebody holds one of the roles at the organisation on the day.
    private static func held(_ roles: [String], on day: Day) -> SQL {
        """
        EXISTS (SELECT FROM roles h WHERE h.organization_id = o.id AND h.role = ANY (\(roles))
            AND h.status = 'active' AND (h.document ->> 'from')::date <= \(day)
            AND coalesce((h.document ->> 'to')::date >= \(day), true))
        """
    }
}
