import Contracts
import Messaging
import Postgres
import RoutingDomain
import WorkingTime

/// The part of the copy of the tree that cases need: its fields one by one, for a decision reads a dozen organisations.
enum OrganizationNodes {
    /// The organisations and everything above them, one question for all. What was merged is reached at its successor,
    /// which may stand elsewhere and may be merged itself. What is unknown is left out.
    static func above(
        _ organizations: [OrganizationID], in session: any PostgresQueryable
    ) async throws -> [OrganizationID: OrganizationTree.Node] {
        var nodes: [OrganizationID: OrganizationTree.Node] = [:]
        var wanted = organizations
        while !wanted.isEmpty {
            // Of a list that it cannot see, in a subquery, the server plans once for all and not each time anew; with
            // OFFSET 0 it looks up each organisation, where a join may read the whole table for each level.
            let found = try await session.query(
                """
                WITH RECURSIVE above (id) AS (
                    SELECT unnest((SELECT \(wanted)))
                    UNION
                    SELECT o.parent_id FROM above a CROSS JOIN LATERAL (
                        SELECT parent_id FROM directory_organizations WHERE id = a.id OFFSET 0) AS o
                    WHERE o.parent_id IS NOT NULL)
                SELECT o.id, o.parent_id, o.type, o.state ->> 'name' AS name, o.state ->> 'status' AS status,
                    (o.state ->> 'mergedIntoId')::uuid AS merged_into_id, (o.state ->> 'hasSeal')::boolean AS has_seal,
                    o.state -> 'officeHours' AS office_hours, (o.state ->> 'meetingDay')::integer AS meeting_day
                FROM above a CROSS JOIN LATERAL (
                    SELECT * FROM directory_organizations WHERE id = a.id OFFSET 0) AS o
                """
            ).map(node)
            for node in found { nodes[node.id] = node }
            wanted = found.filter { $0.status == .merged }.compactMap(\.mergedIntoId).filter { nodes[$0] == nil }
        }
        return nodes
    }

    /// Office hours that cannot be read give way to the calendar's.
    private static func node(_ row: PostgresRow) throws -> OrganizationTree.Node {
        let hours = try row.get("office_hours", as: PostgresJSON?.self).map {
            try ContractsJSON.decode([OrganizationState.OpeningPeriod].self, from: $0.bytes)
        }
        return OrganizationTree.Node(
            id: try row.get("id"), name: try row.get("name"), type: try row.get("type"),
            parentId: try row.get("parent_id"), status: try row.get("status"),
            mergedIntoId: try row.get("merged_into_id"), hasSeal: try row.get("has_seal"),
            officeHours: hours.flatMap { try? OfficeHours($0) }, meetingDay: try row.get("meeting_day"))
    }
}
