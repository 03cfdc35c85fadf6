import Contracts
import Foundation
import Postgres

@testable import Routing

/// A province full of open cases, written straight into the tables.
///
/// 40 communes with 250 cells each; every twentieth case is the turn of the province itself, a third of them overdue.
struct ManyCases {
    let stage: RoutingStage
    let count: Int

    func fill() async throws {
        let pool = stage.pool
        try await pool.execute(
            """
            INSERT INTO directory_organizations (id, version, parent_id, type, code, state)
            SELECT \(unsafe: Self.id("1", "i")), 1, \(stage.places.province), 'commune', 'A36.' || i,
                   jsonb_build_object('name', 'Đảng bộ xã ' || i) FROM generate_series(0, 39) AS i
            """)
        try await pool.execute(
            """
            INSERT INTO directory_organizations (id, version, parent_id, type, code, state)
            SELECT \(unsafe: Self.id("2", "i")), 1, \(unsafe: Self.id("1", "i / 250")), 'base-cell',
                   'A36.' || i / 250 || '.' || i, jsonb_build_object('name', 'Chi bộ ' || i)
            FROM generate_series(0, 9999) AS i
            """)
        // A statement has half a minute.
        for first in stride(from: 0, to: count, by: 25_000) { try await fill(first..<min(first + 25_000, count)) }
        for table in ["cases", "case_turns", "case_places", "directory_organizations"] {
            try await pool.execute("VACUUM (ANALYZE) \(identifier: table)")
        }
    }

    private func fill(_ numbers: Range<Int>) async throws {
        try await stage.pool.execute(
            """
            WITH kept AS (
                INSERT INTO cases (dossier_id, version, code, procedure, procedure_version, member_id,
                    entered_by_member_id, stage, opened_at, document)
                SELECT \(unsafe: Self.id("3", "i")), 1,
                       'A36.' || i % 40 || '-261120-' || lpad((i / 40)::text, 4, '0'),
                       CASE WHEN i % 10 = 0 THEN 'residence-opinion' ELSE 'official-transfer' END, 1,
                       \(unsafe: Self.id("4", "i % 5000")), \(unsafe: Self.id("4", "i % 5000")), 'running',
                       \(stage.time.now), '{"revision": 1}'
                FROM generate_series(\(numbers.lowerBound), \(numbers.upperBound) - 1) AS i
                RETURNING *)
            INSERT INTO case_turns (dossier_id, turn, step, organization_id, role, seat_organization_id, seat_role,
                entered_at, due_at, due_calendar, procedure, code, member_id, entered_by_member_id)
            SELECT k.dossier_id, 1, CASE WHEN own THEN 'onward-introduction' ELSE 'introduce' END, organization, role,
                   organization, role, \(stage.time.now),
                   \(stage.time.now)::timestamptz + make_interval(mins => (i::bigint * 7919 % 86400 - 28800)::int),
                   '2026-11', k.procedure, k.code, k.member_id, k.entered_by_member_id
            FROM generate_series(\(numbers.lowerBound), \(numbers.upperBound) - 1) AS i
            JOIN kept k ON k.dossier_id = \(unsafe: Self.id("3", "i"))
            CROSS JOIN LATERAL (SELECT i % 20 = 0 AS own) o
            CROSS JOIN LATERAL (
                SELECT CASE WHEN own THEN \(stage.places.province)::uuid
                            ELSE \(unsafe: Self.id("2", "i % 10000")) END AS organization,
                       CASE WHEN own THEN 'organisation-officer' ELSE 'cell-secretary' END AS role) w
            """)
        try await stage.pool.execute(
            """
            INSERT INTO case_places (organization_id, dossier_id, turn, distance, due_at, procedure, step, waiting, code)
            SELECT p.id, c.dossier_id, c.turn, p.distance, c.due_at, c.procedure, c.step, c.waiting, c.code
            FROM case_turns c JOIN directory_organizations o ON o.id = c.organization_id
            LEFT JOIN directory_organizations u ON u.id = o.parent_id
            CROSS JOIN LATERAL (VALUES (o.id, 0), (u.id, 1), (u.parent_id, 2)) AS p (id, distance)
            WHERE p.id IS NOT NULL AND c.dossier_id >= \(unsafe: Self.id("3", "\(numbers.lowerBound)"))
              AND c.dossier_id < \(unsafe: Self.id("3", "\(numbers.upperBound)"))
            """)
    }

    /// An id of version 7 made of a number.
    private static func id(_ kind: String, _ number: String) -> String {
        "('019a9ef\(kind)-0000-7000-8000-' || lpad(to_hex(\(number)), 12, '0'))::uuid"
    }
}
