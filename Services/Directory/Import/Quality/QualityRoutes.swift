import Contracts
import DirectoryDomain
import Hummingbird
import Postgres
import ServiceKit

/// `GET /v1/organizations/{id}/quality`: figures for those who see the members of the place.
struct QualityRoutes: Sendable {
    let desk: DirectoryDesk

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/organizations/:id/quality") { _, context in
            let id = try desk.id(context, as: OrganizationID.self)
            return try await desk.kit.pool.transaction { transaction in
                let visitor = try await desk.visitor(context, in: transaction)
                guard let path = try await OrganizationStore.path(from: id, in: transaction) else {
                    throw Problem.notFound
                }
                guard visitor.authority.readsRoles(at: path) else { throw Problem.outsideAuthority }
                return try Reply.json(
                    .ok, ["items": try await QualityFigures.of(id, on: desk.today, in: transaction)])
            }
        }
    }
}
