import Contracts
import DirectoryDomain
import Hummingbird
import Postgres
import ServiceKit

/// `GET /v1/me`: what the directory keeps of the member who asks.
extension DirectoryDesk {
    func addSelfView(to router: Router<HosoRequestContext>) {
        router.get("/v1/me") { _, context in
            let id = try context.requireMember().id
            guard let row = try await MemberStore.read(id, in: kit.pool) else { throw Problem.notFound }
            let cell = try await OrganizationStore.path(from: row.member.cellId, in: kit.pool)
            var residence: OrganizationPath?
            if let id = row.member.residenceCellId {
                residence = try await OrganizationStore.path(from: id, in: kit.pool)
            }
            var roles: [SelfView.Role] = []
            for role in try await RoleStore.open(of: id, in: kit.pool) {
                let place = try await OrganizationStore.read(role.organizationId, in: kit.pool)
                roles.append(SelfView.Role(role, at: place, today: today))
            }
            return try Reply.json(
                .ok,
                SelfView(own: MemberView(row.member, row.personalID), cell: cell, residence: residence, roles: roles))
        }
    }
}

/// A member's own data, with where he belongs and what he holds.
struct SelfView: Encodable {
    struct Role: Encodable {
        let roleId: RoleID
        let role: RoleName
        let organization: OrganizationView.Brief?
        let from: Day
        let to: Day?
        let status: RoleStatus
        let inForce: Bool

        init(_ held: HeldRole, at organization: Organization?, today: Day) {
            roleId = held.id
            role = held.role
            self.organization = organization.map(OrganizationView.Brief.init)
            from = held.from
            to = held.to
            status = held.status
            inForce = held.isInForce(on: today)
        }
    }

    private let own: MemberView
    /// The cell and those above it, itself first.
    private let cell: [OrganizationView.Brief]
    private let residenceCell: OrganizationView.Brief?
    private let roles: [Role]

    private enum Key: CodingKey { case cell, residenceCell, roles }

    init(own: MemberView, cell: OrganizationPath?, residence: OrganizationPath?, roles: [Role]) {
        self.own = own
        self.cell = cell?.organizations.map(OrganizationView.Brief.init) ?? []
        residenceCell = residence?.first.map(OrganizationView.Brief.init)
        self.roles = roles
    }

    func encode(to encoder: any Encoder) throws {
        try own.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(cell, forKey: .cell)
        try container.encodeIfPresent(residenceCell, forKey: .residenceCell)
        try container.encode(roles, forKey: .roles)
    }
}
