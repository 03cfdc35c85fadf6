public import Contracts

/// A role that a person holds at an organisation for a period.
public struct HeldRole: Codable, Hashable, Sendable {
    public let id: RoleID
    /// Counts the changes, from 1.
    public internal(set) var version: Int64
    public let memberId: MemberID
    public let organizationId: OrganizationID
    public let role: RoleName
    /// The first day.
    public let from: Day
    /// The last day; absent while open.
    public internal(set) var to: Day?
    public internal(set) var status: RoleStatus
    /// Whether it is locked because the account of its holder is: it is unlocked together with that.
    public internal(set) var isLockedWithAccount: Bool?
    /// The role of the absent officer whom this person stands in for.
    public let substituteForRoleId: RoleID?

    /// What the other services are told.
    public var published: RoleState {
        RoleState(
            roleId: id, memberId: memberId, organizationId: organizationId, role: role, from: from, to: to,
            status: status, substituteForRoleId: substituteForRoleId)
    }

    /// Whether it can be used on the day.
    public func isInForce(on day: Day) -> Bool {
        status == .active && from <= day && (to.map { $0 >= day } ?? true)
    }

    /// The role after its end; the last day is never before the first one.
    func ended(lastDay: Day) -> HeldRole {
        var next = self
        next.version += 1
        next.status = .ended
        next.to = max(from, min(lastDay, to ?? lastDay))
        return next
    }

    /// - Parameter isWithAccount: whether the lock of the holder's account is the cause.
    func locked(isWithAccount: Bool = false) -> HeldRole {
        var next = self
        next.version += 1
        next.status = .locked
        next.isLockedWithAccount = isWithAccount ? true : nil
        return next
    }

    func unlocked() -> HeldRole {
        var next = self
        next.version += 1
        next.status = .active
        next.isLockedWithAccount = nil
        return next
    }
}

/// What is said of a role when it is granted.
public struct RoleDraft: Sendable {
    public let memberId: MemberID
    public let organizationId: OrganizationID
    public let role: RoleName
    public let from: Day
    public let to: Day?
    public let substituteForRoleId: RoleID?

    public init(
        memberId: MemberID, organizationId: OrganizationID, role: RoleName, from: Day, to: Day? = nil,
        substituteForRoleId: RoleID? = nil
    ) {
        self.memberId = memberId
        self.organizationId = organizationId
        self.role = role
        self.from = from
        self.to = to
        self.substituteForRoleId = substituteForRoleId
    }
}

extension HeldRole {
    /// A new role, or everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - member: who is to hold it; nothing when he is unknown.
    ///   - organization: where; nothing when it is unknown.
    ///   - substituted: the role that is stood in for; nothing when none is named or it is unknown.
    ///   - others: what the member holds at the organisation already.
    public static func granted(
        _ id: RoleID, _ draft: RoleDraft, to member: Member?, at organization: Organization?,
        substituting substituted: HeldRole?, beside others: [HeldRole]
    ) throws(Faults) -> HeldRole {
        var faults: [InvalidValue] = []
        if let member {
            faults += RoleRule.faults(ofHolder: member)
        } else {
            faults.append(Faults.unknownMember("memberId"))
        }
        if let organization {
            faults += RoleRule.faults(of: draft.role, at: organization)
        } else {
            faults.append(Faults.unknownOrganization("organizationId"))
        }
        if let to = draft.to, to < draft.from { faults.append(TextRule.period("to")) }
        if draft.substituteForRoleId != nil { faults += RoleRule.faults(of: draft, substituting: substituted) }
        let held = HeldRole(
            id: id, version: 1, memberId: draft.memberId, organizationId: draft.organizationId, role: draft.role,
            from: draft.from, to: draft.to, status: .active, substituteForRoleId: draft.substituteForRoleId)
        if others.contains(where: { $0.overlaps(held) }) { faults.append(RoleRule.heldAlready) }
        try Faults.check(faults)
        return held
    }

    func overlaps(_ other: HeldRole) -> Bool {
        guard memberId == other.memberId, organizationId == other.organizationId, role == other.role, status != .ended
        else { return false }
        return (to.map { $0 >= other.from } ?? true) && (other.to.map { $0 >= from } ?? true)
    }
}
