import Contracts
import Postgres

/// The members that one statement looks at.
enum MemberStretch {
    /// So many members after one, in the order of their ids: everywhere, or below an organisation; of all lanes, or of one.
    case following(MemberID?, limit: Int, below: OrganizationID?, lane: Int? = nil)
    case one(MemberID)

    /// The tables for a `WITH RECURSIVE` that end with `chunk (member_id, cell_id, state)`.
    var chunk: SQL {
        switch self {
        case .following(let after, let limit, let scope, let lane):
            let below: SQL = scope == nil ? "" : "AND m.cell_id IN (SELECT id FROM subtree)"
            return """
                \(Subtree.table(below: scope)), chunk AS MATERIALIZED (
                    SELECT m.id AS member_id, m.cell_id, m.state FROM directory_members m
                    WHERE m.id > coalesce(\(after)::uuid, '00000000-0000-0000-0000-000000000000') \(below)
                        \(Self.isIn(lane, "m.id"))
                    ORDER BY m.id LIMIT \(limit)
                )
                """
        case .one(let member):
            return """
                chunk AS MATERIALIZED (
                    SELECT m.id AS member_id, m.cell_id, m.state FROM directory_members m WHERE m.id = \(member)
                )
                """
        }
    }

    /// Whether a row of a table belongs to a member of the stretch, whose last one is known by now. Said of every table by
    /// itself, so that each is read along its index.
    func contains(_ table: SQL, last: MemberID) -> SQL {
        switch self {
        case .following(let after, _, _, let lane):
            """
            \(table).member_id <= \(last)
                AND \(table).member_id > coalesce(\(after)::uuid, '00000000-0000-0000-0000-000000000000')
                \(Self.isIn(lane, "\(table).member_id"))
            """
        case .one(let member): "\(table).member_id = \(member)"
        }
    }

    /// The lanes of its members, as an array.
    var lanes: SQL {
        switch self {
        case .following(_, _, _, let lane?): "ARRAY[\(lane)]"
        case .following(_, _, _, nil): "ARRAY(SELECT generate_series(0, assessment_lanes() - 1))"
        case .one(let member): "ARRAY[assessment_lane(\(member))]"
        }
    }

    private static func isIn(_ lane: Int?, _ member: SQL) -> SQL {
        lane.map { "AND assessment_lane(\(member)) = \($0)" } ?? ""
    }
}
