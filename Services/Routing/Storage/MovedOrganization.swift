import Contracts
import Foundation
import Postgres

/// An organisation that hangs elsewhere now.
struct MovedOrganization: Sendable {
    let id: OrganizationID
    let movedAt: Date

    static func next(in session: any PostgresQueryable) async throws -> MovedOrganization? {
        try await session.queryOptional(
            "SELECT organization_id, moved_at FROM moved_organizations ORDER BY moved_at LIMIT 1"
        ).map { MovedOrganization(id: try $0.get("organization_id"), movedAt: try $0.get("moved_at")) }
    }

    /// Everything below it is placed anew; one that moved again meanwhile stays noted.
    func forget(in session: any PostgresQueryable) async throws {
        try await session.execute(
            "DELETE FROM moved_organizations WHERE organization_id = \(id) AND moved_at = \(movedAt)")
    }
}
