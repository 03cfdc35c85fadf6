import Contracts
import Foundation
import Postgres

/// Reads the signs of delay from what happened to cases.
enum DelayStore {
    /// The bodies at and below an organisation that show any.
    static func read(_ question: DelayQuestion, in session: any PostgresQueryable) async throws -> [DelayList.Item] {
        let (from, to) = (question.from.start, question.to.adding(days: 1).start)
        let rows = try await session.query(
            """
            WITH RECURSIVE below (id, depth) AS (
                SELECT \(question.organization)::uuid, 0
                UNION ALL
                SELECT o.id, b.depth + 1 FROM below b JOIN directory_organizations o ON o.parent_id = b.id
                WHERE b.depth < 32),
            told AS (
                SELECT (data ->> 'organizationId')::uuid AS id, data ->> 'level' AS level, data ->> 'reason' AS reason
                FROM case_history
                WHERE type IN ('hoso.case.deadline-alert.v1', 'hoso.case.unroutable.v1')
                  AND at >= \(from) AND at < \(to)),
            signs AS (
                SELECT id, count(*) FILTER (WHERE level = 'breach') AS breaches,
                       count(*) FILTER (WHERE level = 'escalation') AS escalations,
                       count(*) FILTER (WHERE reason = 'no-active-role') AS vacancies, 0 AS repeated
                FROM told GROUP BY id
                UNION ALL
                SELECT s.organization_id, 0, 0, 0, count(*)
                FROM case_stops s
                WHERE s.at >= \(from) AND s.at < \(to)
                  AND EXISTS (SELECT 1 FROM case_stops e WHERE e.dossier_id = s.dossier_id AND e.at < s.at)
                GROUP BY s.organization_id)
            SELECT s.id, o.state ->> 'name' AS name, sum(s.breaches)::bigint AS breaches,
                   sum(s.escalations)::bigint AS escalations, sum(s.vacancies)::bigint AS vacancies,
                   sum(s.repeated)::bigint AS repeated
            FROM signs s LEFT JOIN directory_organizations o ON o.id = s.id
            WHERE s.id IN (SELECT id FROM below)
            GROUP BY s.id, o.state HAVING sum(s.breaches + s.escalations + s.vacancies + s.repeated) > 0
            ORDER BY breaches DESC, escalations DESC, s.id LIMIT 200
            """)
        return try rows.map { row in
            DelayList.Item(
                organizationId: try row.get("id"), organizationName: try row.get("name"),
                breaches: try row.get("breaches"), escalations: try row.get("escalations"),
                vacancies: try row.get("vacancies"), repeatedSupplements: try row.get("repeated"))
        }
    }
}
