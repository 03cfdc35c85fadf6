import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres

/// Where members stand, kept beside the assessments and told on the state topic.
struct Standings: Sendable {
    let outbox: Outbox

    /// Computes the standings of the members anew, as `Standing` says, and tells those that changed.
    func refresh(_ members: Set<MemberID>, context: EventContext, in transaction: PostgresTransaction) async throws {
        guard !members.isEmpty else { return }
        let ids = members.sorted()
        // The rows are locked by one statement and computed by the next, which so sees every payment committed before.
        let results = try await transaction.pipeline([
            """
            INSERT INTO standings (member_id, organization_id, arrears_months, arrears, version, changed_at)
            SELECT m.id, m.cell_id, '{}', 0, 0, \(context.now) FROM directory_members m WHERE m.id = ANY(\(ids))
            ORDER BY m.id ON CONFLICT DO NOTHING
            """,
            "SELECT FROM standings WHERE member_id = ANY(\(ids)) ORDER BY member_id FOR UPDATE",
            computation(ids, context.now),
        ])
        let events = try results[2].rows.map { row in
            let (state, version) = try Self.state(row)
            return try outbox.entry(
                of: state, key: state.memberId.value, version: version, context: context)
        }
        try await outbox.append(events, in: transaction)
    }

    private func computation(_ members: [MemberID], _ now: Date) -> SQL {
        """
        UPDATE standings s SET organization_id = c.cell_id, paid_through = c.paid_through,
            arrears_months = c.arrears_months, arrears = c.arrears, version = s.version + 1, changed_at = \(now)
        FROM (
            SELECT m.id AS member_id, m.cell_id, f.* FROM directory_members m CROSS JOIN LATERAL (
                SELECT max(b.month) FILTER (WHERE b.first_open IS NULL OR b.month < b.first_open) AS paid_through,
                    coalesce(array_agg(b.month ORDER BY b.month) FILTER (WHERE b.late > 0), '{}') AS arrears_months,
                    coalesce(sum(b.late), 0)::bigint AS arrears
                FROM (
                    SELECT a.month,
                        CASE WHEN a.amount <= a.paid OR EXISTS (
                            SELECT FROM deferrals d
                            WHERE d.member_id = a.member_id AND d.due_month >= \(DuesMonth(containing: now))
                                AND \(DecisionMonths.holds("d", in: "a.month"))
                        ) THEN 0 ELSE a.amount - a.paid END AS late,
                        min(a.month) FILTER (WHERE a.amount > a.paid) OVER () AS first_open
                    FROM assessments a WHERE a.member_id = m.id
                ) AS b
            ) AS f WHERE m.id = ANY(\(members))
        ) AS c
        WHERE s.member_id = c.member_id AND (s.version = 0
            OR (s.organization_id, s.paid_through, s.arrears_months, s.arrears)
                IS DISTINCT FROM (c.cell_id, c.paid_through, c.arrears_months, c.arrears))
        RETURNING s.*
        """
    }

    /// Writes the state topic again.
    var publisher: StatePublisher {
        StatePublisher(topic: TopicCatalogue.standings) { after, since, transaction in
            try await transaction.query(
                """
                SELECT member_id FROM standings
                WHERE version > 0 AND (\(after)::uuid IS NULL OR member_id > \(after))
                    AND (\(since)::timestamptz IS NULL OR changed_at >= \(since))
                ORDER BY member_id LIMIT 500
                """
            ).map { try $0.get("member_id") }
        } publish: { [outbox] id, context, transaction in
            let row = try await transaction.queryOne("SELECT * FROM standings WHERE member_id = \(id) FOR UPDATE")
            let (state, version) = try Self.state(row)
            try await outbox.append(
                state, key: id, version: version, context: context, republished: true, in: transaction)
        }
    }

    private static func state(_ row: PostgresRow) throws -> (StandingState, Int64) {
        let months = try row.get("arrears_months", as: [String].self)
        let state = StandingState(
            memberId: try row.get("member_id"), organizationId: try row.get("organization_id"),
            paidThrough: try row.get("paid_through"), arrearsMonths: try months.map { try DuesMonth($0) },
            arrears: try row.get("arrears"))
        return (state, try row.get("version"))
    }
}
