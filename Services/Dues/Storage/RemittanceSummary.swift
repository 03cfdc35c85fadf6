import Contracts
import DuesDomain
import Postgres

/// A month of an organisation and everything below it (tổng hợp thu nộp): what came in is what the levels keep, what is
/// on its way between them, what was passed out of the subtree and what was left over.
struct RemittanceSummary: Encodable, Sendable {
    let organizationId: OrganizationID
    let month: DuesMonth
    /// The levels, the inferior ones first.
    let levels: [Level]
    /// What all levels together collected from members.
    let collected: Dong
    let kept: Dong

    /// All organisations of one type.
    struct Level: Encodable, Sendable {
        let type: OrganizationType
        let organizations: Int64
        let own: Dong
        let received: Dong
        let carriedIn: Dong
        let kept: Dong
        let passed: Dong
        let carriedOut: Dong
        /// Of what is passed, what the superiors have not acknowledged.
        let outstanding: Dong
        /// How many have not passed it up in time.
        let late: Int64

        init(row: PostgresRow) throws {
            type = try row.get("type")
            organizations = try row.get("organizations")
            own = try row.get("own")
            received = try row.get("received")
            carriedIn = try row.get("carried_in")
            kept = try row.get("kept")
            passed = try row.get("passed")
            carriedOut = try row.get("carried_out")
            outstanding = try row.get("outstanding")
            late = try row.get("late")
        }
    }

    /// - Parameter today: when what is not there is late.
    static func make(
        below organization: OrganizationID, _ month: DuesMonth, today: Day, in session: any PostgresQueryable
    ) async throws -> RemittanceSummary {
        let levels = try await session.query(
            """
            WITH RECURSIVE \(Subtree.table(below: organization))
            SELECT o.type, count(*) AS organizations, sum(own)::bigint AS own, sum(received)::bigint AS received,
                sum(carried_in)::bigint AS carried_in, sum(kept)::bigint AS kept, sum(passed)::bigint AS passed,
                sum(carried_out)::bigint AS carried_out,
                coalesce(sum(passed) FILTER (WHERE r.state IN ('due', 'paid')), 0)::bigint AS outstanding,
                count(*) FILTER (WHERE r.state = 'due' AND due_on < \(today)) AS late
            FROM subtree s JOIN directory_organizations o USING (id)
                JOIN remittances r ON r.organization_id = o.id AND r.month = \(month)
            GROUP BY o.type
            """
        ).map(Level.init)
        let order = OrganizationType.allCases.reversed()
        let sorted = order.compactMap { type in levels.first { $0.type == type } }
        return RemittanceSummary(
            organizationId: organization, month: month, levels: sorted, collected: sorted.map(\.own).sum(),
            kept: sorted.map(\.kept).sum())
    }
}
