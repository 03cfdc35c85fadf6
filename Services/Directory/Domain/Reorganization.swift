import Contracts

/// Who and what stands at an organisation directly.
public struct OrganizationContents: Sendable {
    /// The active organisations directly below.
    public let organizations: [Organization]
    /// The members whose membership is not over and whose cell, or cell of residence, it is.
    public let members: [Member]
    /// The roles held at it that have not ended.
    public let roles: [HeldRole]
    /// The roles that its own members hold elsewhere, each with its organisation and those above that.
    public let elsewhere: [(role: HeldRole, path: OrganizationPath)]

    public init(
        organizations: [Organization] = [], members: [Member] = [], roles: [HeldRole] = [],
        elsewhere: [(role: HeldRole, path: OrganizationPath)] = []
    ) {
        self.organizations = organizations
        self.members = members
        self.roles = roles
        self.elsewhere = elsewhere
    }
}

/// Everything that a merger, a split or a dissolution changes, each at its next version.
public struct Reorganized: Sendable {
    /// Organisations that were there before, the closed one last.
    public internal(set) var organizations: [Organization] = []
    /// New organisations, each after the one above it.
    public internal(set) var founded: [Organization] = []
    public internal(set) var members: [Member] = []
    public internal(set) var endedRoles: [HeldRole] = []
    /// Roles that go on elsewhere, each under a new id.
    public internal(set) var grantedRoles: [HeldRole] = []

    init() {}

    /// The change of one organisation alone.
    public init(changed organization: Organization) { organizations = [organization] }
}

/// Moves what stands at one organisation to another, collecting what is wrong on the way.
struct Relocation {
    let from: Organization
    /// The first day on which it stands there.
    let effectiveOn: Day
    let ids: () -> UUIDv7
    var result = Reorganized()
    var faults: [InvalidValue] = []

    init(from: Organization, effectiveOn: Day, ids: @escaping () -> UUIDv7) {
        self.from = from
        self.effectiveOn = effectiveOn
        self.ids = ids
    }

    /// - Parameters:
    ///   - to: where they hang afterwards; nothing when nobody said.
    ///   - field: how the body names it.
    mutating func move(_ organizations: [Organization], to: OrganizationPath?, field: String) {
        guard !organizations.isEmpty else { return }
        guard let to, let parent = to.first else {
            faults.append(Self.needsPlace(field, count: organizations.count))
            return
        }
        for organization in organizations {
            let wrong = Hierarchy.faults(of: organization.type, id: organization.id, under: to)
            faults += wrong.map { $0.under(field) }
            guard wrong.isEmpty else { continue }
            var next = organization
            next.version += 1
            next.parentId = parent.id
            result.organizations.append(next)
        }
    }

    /// Those whose cell it is belong to the other cell from then on.
    ///
    /// - Parameter movesResidence: whether those who only live there go too, and the links of residence of all.
    mutating func move(_ members: [Member], to: OrganizationPath?, field: String, movesResidence: Bool) {
        guard !members.isEmpty else { return }
        var wrong =
            to == nil
            ? [Self.needsPlace(field, count: members.count)]
            : CellRule.faults(to?.first, field: field, orOutside: from.type == .external)
        let isHome = movesResidence && members.contains { $0.lives(in: from.id) }
        if wrong.isEmpty, isHome, to?.first?.residential == false { wrong.append(CellRule.notResidential.under(field)) }
        guard wrong.isEmpty, let cell = to?.first else {
            faults += wrong
            return
        }
        for member in members {
            var next = member
            next.version += 1
            if member.cellId == from.id { next.cellId = cell.id }
            if movesResidence, member.residenceCellId == from.id {
                next.moveResidence(to: cell.id, on: effectiveOn)
            }
            if movesResidence { next.moveIntroduction(from: from.id, to: cell.id) }
            result.members.append(next)
        }
    }

    /// Ends what the members who move hold on the side that they leave, as a transfer does.
    mutating func leave(
        _ elsewhere: [(role: HeldRole, path: OrganizationPath)], from old: OrganizationPath, to new: OrganizationPath?
    ) {
        let left = Set(old.ids).subtracting(new?.ids ?? [])
        let moved = Set(result.members.filter { $0.cellId != from.id }.map(\.id))
        for held in elsewhere where moved.contains(held.role.memberId) && held.path.ids.contains(where: left.contains) {
            result.endedRoles.append(held.role.ended(lastDay: effectiveOn.adding(days: -1)))
        }
    }

    /// Ends these roles; those that are to go on begin anew at the other organisation.
    ///
    /// - Parameters:
    ///   - kept: which of them go on.
    ///   - beside: the roles that are held at the other organisation already.
    mutating func move(
        _ roles: [HeldRole], keeping kept: Set<RoleID>, to: Organization?, beside: [HeldRole], field: String
    ) {
        var successors: [RoleID: RoleID] = [:]
        // Whoever stands in for somebody comes after him, so that his own role is known by then.
        let principals = roles.filter { $0.substituteForRoleId == nil }
        for role in principals + roles.filter({ $0.substituteForRoleId != nil }) {
            result.endedRoles.append(role.ended(lastDay: effectiveOn.adding(days: -1)))
            // Over already, though nobody has said so.
            let isOver = role.to.map { $0 < effectiveOn } ?? false
            guard kept.contains(role.id) else { continue }
            guard !isOver else {
                faults.append(Self.roleElsewhere(field))
                continue
            }
            guard let to else {
                faults.append(Self.needsPlace(field, count: kept.count))
                return
            }
            if let principal = role.substituteForRoleId, successors[principal] == nil {
                faults.append(Self.principalEnds(field))
                continue
            }
            let next = HeldRole(
                id: RoleID(ids()), version: 1, memberId: role.memberId, organizationId: to.id, role: role.role,
                from: max(effectiveOn, role.from), to: role.to, status: role.status,
                isLockedWithAccount: role.isLockedWithAccount,
                substituteForRoleId: role.substituteForRoleId.flatMap { successors[$0] })
            let wrong = RoleRule.faults(of: role.role, at: to).map { $0.under(field) }
            faults += wrong + (beside.contains { $0.overlaps(next) } ? [RoleRule.heldAlready.under(field)] : [])
            successors[role.id] = next.id
            result.grantedRoles.append(next)
        }
        if !kept.isSubset(of: roles.map(\.id)) { faults.append(Self.roleElsewhere(field)) }
    }
}

extension Relocation {
    private static func needsPlace(_ field: String, count: Int) -> InvalidValue {
        InvalidValue(
            field: field, rule: "reorganization.place-needed",
            vietnamese: "Phải nêu nơi chuyển đến (\(count) mục đang trực thuộc).",
            english: "The place they go to is needed: \(count) stand there.")
    }

    private static func principalEnds(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "reorganization.substitute-alone",
            vietnamese: "Không thể giữ người thay thế khi vai trò được thay thế kết thúc.",
            english: "A substitute does not go on where the role he stands in for ends.")
    }

    private static func roleElsewhere(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "reorganization.role-elsewhere",
            vietnamese: "Có vai trò không thuộc tổ chức này hoặc đã kết thúc.",
            english: "A role is not held at this organisation, or has ended.")
    }
}

extension InvalidValue {
    /// The same, told of the field through which it came.
    func under(_ field: String) -> InvalidValue {
        InvalidValue(field: field, rule: rule, vietnamese: vietnamese, english: english)
    }
}
