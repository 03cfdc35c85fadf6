public import Contracts

/// Where each role can be held.
public enum RoleRule {
    private static let cells: Set<OrganizationType> = [.baseCell, .subordinateCell]
    private static let committees = Hierarchy.committees

    /// The types of organisation that have the role.
    public static let places: [RoleName: Set<OrganizationType>] = [
        .member: cells,
        .cellSecretary: cells,
        .cellDeputy: cells,
        .cellDuesOfficer: cells,
        .officeOfficer: committees,
        .organisationOfficer: committees,
        .committeeSigner: committees,
        .inspector: committees,
        .support: committees.union(cells),
        .systemAdmin: committees,
        .auditor: committees,
    ]

    static func faults(of role: RoleName, at organization: Organization) -> [InvalidValue] {
        var faults: [InvalidValue] = []
        if places[role]?.contains(organization.type) != true {
            faults.append(
                InvalidValue(
                    field: "role", rule: "role.place", vietnamese: "Tổ chức loại này không có vai trò đó.",
                    english: "An organisation of this type does not have the role."))
        }
        if organization.status != .active {
            faults.append(
                InvalidValue(
                    field: "organizationId", rule: "organization.inactive",
                    vietnamese: "Tổ chức không còn hoạt động.", english: "The organisation is not active."))
        }
        return faults
    }

    static func faults(of draft: RoleDraft, substituting substituted: HeldRole?) -> [InvalidValue] {
        guard let substituted else { return [Faults.unknownRole("substituteForRoleId")] }
        guard substituted.role == draft.role, substituted.organizationId == draft.organizationId,
            substituted.memberId != draft.memberId
        else {
            return [
                InvalidValue(
                    field: "substituteForRoleId", rule: "role.substitute",
                    vietnamese: "Người thay thế phải giữ cùng vai trò, ở cùng tổ chức, thay cho người khác.",
                    english: "A substitute holds the same role at the same organisation, for somebody else.")
            ]
        }
        return []
    }

    /// Why a member cannot hold a role that is in use.
    public static func faults(ofHolder member: Member) -> [InvalidValue] {
        var faults: [InvalidValue] = []
        if member.effects.roles != .kept { faults.append(holder) }
        if member.account?.locksRoles == true { faults.append(holderLocked) }
        return faults
    }

    private static let holder = InvalidValue(
        field: "memberId", rule: "role.holder", vietnamese: "Trạng thái của đảng viên không cho phép giữ vai trò.",
        english: "The member's state does not allow a role.")
    private static let holderLocked = InvalidValue(
        field: "memberId", rule: "role.holder-account",
        vietnamese: "Tài khoản của đảng viên đang bị khoá hoặc đã thu hồi.",
        english: "The member's account is locked or revoked.")
    static let heldAlready = InvalidValue(
        field: "role", rule: "role.held", vietnamese: "Đảng viên đã giữ vai trò này trong thời gian đó.",
        english: "The member holds this role in that period already.")
}

/// What is to become different about a role.
public enum RoleChange: Sendable, Hashable {
    /// Not to be used for now.
    case lock
    case unlock
    /// Over after this day.
    case end(lastDay: Day)
}

extension HeldRole {
    /// The role after the change, or what is wrong with it.
    public func changed(_ change: RoleChange) throws(Faults) -> HeldRole {
        switch (change, status) {
        case (.lock, .active): return locked()
        // What a decision locks is not unlocked with the account.
        case (.lock, .locked) where isLockedWithAccount == true: return locked()
        case (.unlock, .locked): return unlocked()
        case (.end(let lastDay), .active), (.end(let lastDay), .locked):
            try Faults.check(lastDay < from ? [TextRule.period("to")] : [])
            return ended(lastDay: lastDay)
        default:
            throw Faults([
                InvalidValue(
                    field: "action", rule: "role.transition", vietnamese: "Vai trò đang ở trạng thái khác.",
                    english: "The role is in another state.")
            ])
        }
    }
}
