public import Contracts

/// What is to become different about a member; what is absent stays.
public struct MemberChange: Sendable {
    public var state: MembershipState?
    /// The cell that takes him when his membership begins again; otherwise the cell changes by admission only.
    public var cellId: OrganizationID?
    public var recognisedOn: Day?
    public var duesCategory: DuesCategory?
    public var duesBase: DuesBase?
    public var channels: MemberState.Channels?
    public var transfersHeld: Bool?
    public var exemptFromResidenceActivity: Bool?
    public var exemptFromIntroduction: Bool?

    public init(
        state: MembershipState? = nil, cellId: OrganizationID? = nil, recognisedOn: Day? = nil,
        duesCategory: DuesCategory? = nil,
        duesBase: DuesBase? = nil, channels: MemberState.Channels? = nil, transfersHeld: Bool? = nil,
        exemptFromResidenceActivity: Bool? = nil, exemptFromIntroduction: Bool? = nil
    ) {
        self.state = state
        self.cellId = cellId
        self.recognisedOn = recognisedOn
        self.duesCategory = duesCategory
        self.duesBase = duesBase
        self.channels = channels
        self.transfersHeld = transfersHeld
        self.exemptFromResidenceActivity = exemptFromResidenceActivity
        self.exemptFromIntroduction = exemptFromIntroduction
    }
}

extension Member {
    /// The member and his roles after the change, or everything that is wrong with it.
    ///
    /// What the new state means is one table: ``StateEffects``.
    ///
    /// - Parameters:
    ///   - roles: the roles that he holds and that are not ended.
    ///   - day: the first day on which it holds.
    ///   - cell: the cell that takes him if his membership begins again: the one that is named, or else whatever acts
    ///     today for the one he belonged to; nothing when it is unknown.
    public func changed(
        _ change: MemberChange, roles: [HeldRole], cell: Organization?, from day: Day? = nil, today: Day
    ) throws(Faults) -> (member: Member, roles: [HeldRole]) {
        var next = self
        next.version += 1
        next.state = change.state ?? state
        if next.state != .inTransit { next.transit = nil }
        if next.state != .temporarilyElsewhere { next.stay = nil }
        next.recognisedOn = change.recognisedOn ?? recognisedOn
        next.duesCategory = change.duesCategory ?? duesCategory
        next.duesBase = change.duesBase ?? duesBase
        next.channels = change.channels ?? channels
        next.transfersHeld = change.transfersHeld ?? transfersHeld
        next.exemptFromResidenceActivity = change.exemptFromResidenceActivity ?? exemptFromResidenceActivity
        next.exemptFromIntroduction = change.exemptFromIntroduction ?? exemptFromIntroduction
        var faults = next.faults(today: today)
        if state.isEnd, !next.state.isEnd {
            faults += CellRule.faults(cell, field: "cellId", orOutside: true)
            next.cellId = cell?.id ?? cellId
        } else if let named = change.cellId, named != cellId {
            faults.append(Self.byAdmission)
        }
        if next.state != state, !state.successors.contains(next.state) { faults.append(Self.transition) }
        if next.effects.account == .revoked { next.account = account?.revoked }
        try Faults.check(faults)
        return (next, next.state == state ? [] : next.effectsOn(roles, on: day ?? today))
    }

    /// The roles that the state locks or ends.
    private func effectsOn(_ roles: [HeldRole], on day: Day) -> [HeldRole] {
        switch effects.roles {
        case .kept: []
        case .locked: roles.filter { $0.status == .active || $0.isLockedWithAccount == true }.map { $0.locked() }
        case .ended: roles.filter { $0.status != .ended }.map { $0.ended(lastDay: day.adding(days: -1)) }
        }
    }

    private static let byAdmission = InvalidValue(
        field: "cellId", rule: "member.cell-by-admission",
        vietnamese: "Chi bộ chỉ thay đổi khi tiếp nhận hoặc khi khôi phục tư cách đảng viên.",
        english: "The cell changes by admission, or when a membership begins again.")
    private static let transition = InvalidValue(
        field: "state", rule: "member.transition", vietnamese: "Không thể chuyển sang trạng thái này.",
        english: "This state does not follow the present one.")
}
