import Contracts
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// `GET /v1/deliveries`: a member sees what was sent to him, newest first, without the contents.
struct DeliveryRoutes: Sendable {
    let kit: ServiceContext

    private struct View: Encodable {
        let deliveryId: DeliveryID
        let rule: String
        let channel: String
        let dossierId: DossierID?
        let state: String
        let attempts: Int
        let createdAt: Date
        let settledAt: Date?
    }

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/deliveries") { _, context in
            let member = try context.requireMember()
            let rows = try await kit.pool.query(
                """
                SELECT id, rule, channel, dossier_id, state, attempts, created_at, settled_at FROM deliveries
                WHERE member_id = \(member.id) ORDER BY id DESC LIMIT 100
                """)
            let views = try rows.map { row in
                View(
                    deliveryId: try row.get("id"), rule: try row.get("rule"), channel: try row.get("channel"),
                    dossierId: try row.get("dossier_id"), state: try row.get("state"),
                    attempts: try row.get("attempts"), createdAt: try row.get("created_at"),
                    settledAt: try row.get("settled_at"))
            }
            return try Reply.json(.ok, ["items": views])
        }
    }
}
