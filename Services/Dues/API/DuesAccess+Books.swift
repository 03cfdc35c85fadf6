import Contracts
import Postgres
import Projections
import ServiceKit

extension DuesAccess {
    /// Whether the caller may see a body's books: an operator, the officers of a cell theirs, and for it and everything
    /// below it the office, the inspection and the auditors.
    func requireReader(
        ofBooks organization: OrganizationID, _ caller: Caller, in session: any PostgresQueryable
    ) async throws {
        if caller.isOperator { return }
        guard let own = caller.memberID else { throw Problem.forbidden }
        try requireFreshRoles()
        let roles = try await directory.roles(of: own, at: kit.time.now, in: session)
        if roles.contains(where: { $0.organizationId == organization && Self.cellRoles.contains($0.role) }) { return }
        let path = Set(try await directory.path(from: organization, in: session).map(\.organizationId))
        let above = Self.superiorRoles.union(Self.readingRoles)
        guard roles.contains(where: { path.contains($0.organizationId) && above.contains($0.role) }) else {
            throw Problem.forbidden
        }
    }
}
