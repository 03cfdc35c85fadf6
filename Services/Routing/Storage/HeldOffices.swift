import Contracts
import Foundation
import Postgres
import Projections
import RoutingDomain

/// The offices of a member, with what waits at them.
enum HeldOffices {
    /// In the order of the organisations.
    ///
    /// - Parameters:
    ///   - seats: what the member holds.
    ///   - staffing: everybody who holds something there, the member included.
    static func read(
        _ seats: [Seat], of member: MemberID, _ staffing: Staffing, in session: any PostgresQueryable
    ) async throws -> [HeldOffice] {
        let waiting: [Int] = try await session.query(
            """
            SELECT (SELECT count(*) FROM case_turns t
                    WHERE t.seat_organization_id = s.organization AND t.seat_role = s.role) AS n
            FROM unnest(\(seats.map(\.organizationId)), \(seats.map(\.role.rawValue)))
                WITH ORDINALITY AS s (organization, role, place)
            ORDER BY place
            """
        ).map { try $0.get("n") }
        return zip(seats, waiting).map { seat, turns in
            HeldOffice(
                organizationId: seat.organizationId, role: seat.role,
                isSole: staffing.holders(of: seat) == [member], openTurns: turns)
        }.sorted { ($0.organizationId, $0.role.rawValue) < ($1.organizationId, $1.role.rawValue) }
    }
}
