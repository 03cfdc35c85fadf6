public import Contracts

/// The arrival of a member in another cell, as the receiving cell decided it.
public struct Admission: Sendable {
    public let fromCellId: OrganizationID
    public let toCellId: OrganizationID
    /// The first day in the new cell.
    public let effectiveOn: Day
    /// The temporary stay; absent for an official transfer.
    public let stay: MemberState.Stay?

    public init(
        fromCellId: OrganizationID, toCellId: OrganizationID, effectiveOn: Day, stay: MemberState.Stay? = nil
    ) {
        self.fromCellId = fromCellId
        self.toCellId = toCellId
        self.effectiveOn = effectiveOn
        self.stay = stay
    }

    /// What an admission does.
    public enum Outcome: Sendable {
        /// The member has arrived before: nothing.
        case alreadyThere
        /// The member after it, and the roles that end.
        case moved(Member, ended: [HeldRole])
        /// A person must look at it; the stable name of the reason.
        case refused(reason: String)
    }
}

extension Member {
    /// Moves the member, ending the roles that he held on the side he leaves.
    ///
    /// - Parameters:
    ///   - from: the old cell and those above it.
    ///   - to: the new cell and those above it.
    ///   - roles: his roles that are not ended, each with its organisation and those above that.
    public func admitted(
        _ admission: Admission, from: OrganizationPath, to: OrganizationPath,
        roles: [(role: HeldRole, path: OrganizationPath)]
    ) -> Admission.Outcome {
        guard !state.isEnd else { return .refused(reason: "membership-ended") }
        guard let cell = to.first,
            CellRule.faults(cell, field: "toCellId", orOutside: admission.stay == nil).isEmpty
        else {
            return .refused(reason: "not-an-active-cell")
        }
        var next = self
        next.version += 1
        if let stay = admission.stay {
            // He still belongs to the old cell, and goes on with what he does there.
            guard cellId == admission.fromCellId else { return .refused(reason: "not-in-the-sending-cell") }
            if state == .temporarilyElsewhere, let running = self.stay {
                return running.dossierId == stay.dossierId ? .alreadyThere : .refused(reason: "another-stay-runs")
            }
            next.state = .temporarilyElsewhere
            next.stay = stay
            return .moved(next, ended: [])
        }
        // Both cells may have become one on his way.
        if cellId == admission.toCellId { return state == .inTransit ? .moved(arrived, ended: []) : .alreadyThere }
        guard cellId == admission.fromCellId else { return .refused(reason: "not-in-the-sending-cell") }
        next.cellId = admission.toCellId
        if state == .inTransit || state == .temporarilyElsewhere {
            next.state = standing
            next.transit = nil
            next.stay = nil
        }
        let lastDay = admission.effectiveOn.adding(days: -1)
        let left = Self.left(from: from, to: to)
        let ended = roles.filter { held in held.path.ids.contains { left.contains($0) } }
        return .moved(next, ended: ended.map { $0.role.ended(lastDay: lastDay) })
    }

    /// What he leaves: the old cell and all above it that is not above the new cell too. A role anywhere beneath these
    /// ends; one at a body that stands above both cells goes on.
    private static func left(from: OrganizationPath, to: OrganizationPath) -> Set<OrganizationID> {
        Set(from.ids).subtracting(to.ids)
    }
}
