public import Contracts

/// What happens to the link of a member to a cell of his residence. It has a life of its own: the cell he belongs to
/// introduces him, the cell of his residence takes him, and one day it ends.
public enum ResidenceAction: String, Codable, Sendable, CaseIterable {
    case introduce, accept, end
}

extension Member {
    /// How many links are kept; the opinions of a year need those of that year.
    private static let keptLinks = 8

    /// The member after it, or everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - cell: the cell of residence that is named; nothing when it is unknown.
    ///   - day: the day of the introduction, the first day there, or the last one.
    public func changed(
        _ action: ResidenceAction, cell: Organization?, on day: Day, today: Day
    ) throws(Faults) -> Member {
        var faults: [InvalidValue] = day > today ? [Faults.inFuture("on")] : []
        if day < joinedOn { faults.append(TextRule.period("on")) }
        if state.isEnd, action != .end { faults.append(Self.membershipOver) }
        if action != .end { faults += CellRule.faults(ofResidence: cell, field: "cellId") }
        if action == .introduce, exemptFromIntroduction == true { faults.append(Self.exempt) }
        try Faults.check(faults)
        guard let cell else { throw Faults([Faults.unknownOrganization("cellId")]) }
        var next = self
        next.version += 1
        switch action {
        case .introduce:
            let isOpen = residenceLinks?.contains { $0.cellId == cell.id && $0.state != .ended } == true
            try Faults.check(isOpen ? [Self.again] : [])
            // Who is introduced elsewhere is not awaited any more where nobody has accepted him.
            next.endLinks(on: day) { $0.state == .introduced }
            next.add(.init(cellId: cell.id, state: .introduced, introducedOn: day))
        case .accept:
            guard let open = residenceLinks?.last(where: { $0.state == .introduced && $0.cellId == cell.id }) else {
                throw Faults([Self.notIntroduced])
            }
            try Faults.check(open.introducedOn.map { day < $0 } == true ? [TextRule.period("on")] : [])
            next.moveResidence(to: cell.id, on: day, introducedOn: open.introducedOn)
        case .end:
            guard let link = residenceLinks?.last(where: { $0.state != .ended && $0.cellId == cell.id }) else {
                throw Faults([Self.noLink])
            }
            try Faults.check(link.firstDay.map { day < $0 } == true ? [TextRule.period("on")] : [])
            next.endLinks(on: day) { $0.cellId == cell.id }
        }
        return next
    }

    /// Whether the cell is that of his residence, or is to become it.
    func lives(in cell: OrganizationID) -> Bool {
        residenceCellId == cell || residenceLinks?.contains { $0.cellId == cell && $0.state == .introduced } == true
    }

    /// From the day on the other cell is the one of his residence; the link before ends the day before.
    mutating func moveResidence(to cell: OrganizationID, on day: Day, introducedOn: Day? = nil) {
        residenceLinks?.removeAll { $0.state == .introduced && $0.cellId == cell }
        endLinks(on: day.adding(days: -1)) { $0.state == .accepted }
        add(.init(cellId: cell, state: .accepted, introducedOn: introducedOn, acceptedOn: day))
        residenceCellId = cell
    }

    /// He belongs to no cell of residence any more after the day.
    mutating func endResidence(on day: Day) {
        endLinks(on: day) { $0.state == .accepted }
        residenceCellId = nil
    }

    /// An introduction that nobody has accepted yet waits at the other cell from now on.
    mutating func moveIntroduction(from old: OrganizationID, to new: OrganizationID) {
        residenceLinks = residenceLinks?.map { link in
            guard link.state == .introduced, link.cellId == old else { return link }
            return .init(cellId: new, state: .introduced, introducedOn: link.introducedOn)
        }
    }

    private mutating func add(_ link: MemberState.ResidenceLink) {
        var links = (residenceLinks ?? []) + [link]
        while links.count > Self.keptLinks, let oldest = links.firstIndex(where: { $0.state == .ended }) {
            links.remove(at: oldest)
        }
        residenceLinks = links
    }

    private mutating func endLinks(on day: Day, where isMeant: (MemberState.ResidenceLink) -> Bool) {
        guard let links = residenceLinks, !links.isEmpty else { return }
        residenceLinks = links.map { $0.state != .ended && isMeant($0) ? $0.ended(on: day, notBefore: joinedOn) : $0 }
        if residenceLinks?.contains(where: { $0.state == .accepted }) == false { residenceCellId = nil }
    }

    private static let membershipOver = InvalidValue(
        field: "action", rule: "member.ended", vietnamese: "Tư cách đảng viên đã chấm dứt.",
        english: "The membership has ended.")
    private static let exempt = InvalidValue(
        field: "action", rule: "residence.exempt", vietnamese: "Đảng viên thuộc diện miễn giới thiệu về nơi cư trú.",
        english: "The member is exempt from introduction to the place of residence.")
    private static let again = InvalidValue(
        field: "cellId", rule: "residence.introduced", vietnamese: "Đảng viên đã được giới thiệu đến chi bộ này.",
        english: "The member was introduced to this cell before.")
    private static let notIntroduced = InvalidValue(
        field: "cellId", rule: "residence.not-introduced",
        vietnamese: "Đảng viên chưa được giới thiệu đến chi bộ này.",
        english: "The member was not introduced to this cell.")
    private static let noLink = InvalidValue(
        field: "cellId", rule: "residence.no-link", vietnamese: "Không có giới thiệu nào đến chi bộ này còn hiệu lực.",
        english: "There is no open link to this cell.")
}

extension MemberState.ResidenceLink {
    /// The day it began, as far as it is known.
    var firstDay: Day? { acceptedOn ?? introducedOn }

    /// The link after its last day, which is not before its first one, nor before `earliest` where that is not known.
    func ended(on day: Day, notBefore earliest: Day) -> Self {
        Self(
            cellId: cellId, state: .ended, introducedOn: introducedOn, acceptedOn: acceptedOn,
            endedOn: max(day, firstDay ?? earliest))
    }
}
