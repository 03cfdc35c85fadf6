import Contracts
import Foundation
import Postgres
import Projections
import RoutingDomain

/// The seats at which open turns wait.
enum SeatStore {
    /// The next seats at which anything waits, each once: the index is jumped through from one seat to the next.
    static func occupied(
        after mark: Seat?, limit: Int, in session: any PostgresQueryable
    ) async throws -> [Seat] {
        let rest: SQL =
            mark.map { "AND (seat_organization_id, seat_role) > (\($0.organizationId), \($0.role.rawValue))" } ?? ""
        let rows = try await session.query(
            """
            WITH RECURSIVE seats (organization, role) AS (
                (SELECT seat_organization_id, seat_role FROM case_turns
                 WHERE seat_organization_id IS NOT NULL \(rest)
                 ORDER BY seat_organization_id, seat_role LIMIT 1)
                UNION ALL
                SELECT n.seat_organization_id, n.seat_role FROM seats s CROSS JOIN LATERAL (
                    SELECT seat_organization_id, seat_role FROM case_turns
                    WHERE (seat_organization_id, seat_role) > (s.organization, s.role)
                    ORDER BY seat_organization_id, seat_role LIMIT 1) n)
            SELECT organization, role FROM seats LIMIT \(limit)
            """)
        return try rows.compactMap(seat)
    }

    /// Those of some seats that nobody holds now, though somebody did.
    static func vacant(
        of seats: [Seat], _ directory: DirectoryProjection, now: Date, in session: any PostgresQueryable
    ) async throws -> [Seat] {
        try await directory.vacant(
            of: seats.map { ($0.organizationId, $0.role) }, now: now, in: session
        ).map { Seat(organizationId: $0.organization, role: $0.role) }
    }

    /// - Returns: nil for a role that this program does not know.
    private static func seat(_ row: PostgresRow) throws -> Seat? {
        guard let role = RoleName(rawValue: try row.get("role")) else { return nil }
        return Seat(organizationId: try row.get("organization"), role: role)
    }
}
