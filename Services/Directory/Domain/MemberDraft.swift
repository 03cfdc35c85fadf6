public import Contracts

/// What is said of a member when he is entered, apart from the personal ID.
public struct MemberDraft: Sendable {
    public var fullName: String
    public var state: MembershipState
    public var cellId: OrganizationID
    public var residenceCellId: OrganizationID?
    public var joinedOn: Day
    public var recognisedOn: Day?
    public var sex: PersonalID.Sex?
    public var birthDate: Day?
    public var officialCardNumber: String?
    public var recordNumber: String?
    public var workplace: String?
    public var residence: String?
    public var position: String?
    public var duesCategory: DuesCategory?
    public var duesBase: DuesBase?
    public var channels: MemberState.Channels
    public var transfersHeld: Bool?
    public var exemptFromResidenceActivity: Bool?
    public var exemptFromIntroduction: Bool?

    public init(
        fullName: String, state: MembershipState = .official, cellId: OrganizationID, joinedOn: Day,
        recognisedOn: Day? = nil
    ) {
        self.fullName = fullName
        self.state = state
        self.cellId = cellId
        self.joinedOn = joinedOn
        self.recognisedOn = recognisedOn
        channels = MemberState.Channels(consent: MemberState.Consent(email: false, sms: false, push: false))
    }
}

extension Member {
    /// A new member, or everything that is wrong with him.
    ///
    /// - Parameters:
    ///   - cell: the organisation he is to belong to; nothing when it is unknown.
    ///   - residenceCell: the cell of his residence; nothing when none is named or it is unknown.
    public static func entered(
        _ id: MemberID, _ draft: MemberDraft, cell: Organization?, residenceCell: Organization?, today: Day
    ) throws(Faults) -> Member {
        let member = Member(
            id: id, version: 1, fullName: TextRule.tidy(draft.fullName), state: draft.state, cellId: draft.cellId,
            residenceCellId: draft.residenceCellId,
            residenceLinks: draft.residenceCellId.map { [MemberState.ResidenceLink(cellId: $0, state: .accepted)] },
            joinedOn: draft.joinedOn, recognisedOn: draft.recognisedOn,
            sex: draft.sex, birthDate: draft.birthDate, officialCardNumber: draft.officialCardNumber,
            recordNumber: draft.recordNumber, workplace: draft.workplace, residence: draft.residence,
            position: draft.position, duesCategory: draft.duesCategory, duesBase: draft.duesBase,
            channels: draft.channels, transfersHeld: draft.transfersHeld,
            exemptFromResidenceActivity: draft.exemptFromResidenceActivity,
            exemptFromIntroduction: draft.exemptFromIntroduction)
        var faults = member.faults(today: today) + CellRule.faults(cell, field: "cellId", orOutside: true)
        if draft.residenceCellId != nil {
            faults += CellRule.faults(ofResidence: residenceCell, field: "residenceCellId")
        }
        try Faults.check(faults)
        return member
    }
}

/// Where members may belong.
enum CellRule {
    /// - Parameter orOutside: whether it may be a body outside the system instead: there the members stand who came from it
    ///   or left for it.
    static func faults(_ cell: Organization?, field: String, orOutside: Bool = false) -> [InvalidValue] {
        guard let cell else { return [Faults.unknownOrganization(field)] }
        var faults: [InvalidValue] = []
        if !cell.type.isCell, !orOutside || cell.type != .external {
            faults.append(
                InvalidValue(
                    field: field, rule: "member.cell-type", vietnamese: "Đảng viên chỉ sinh hoạt ở chi bộ.",
                    english: "Members belong to cells only."))
        }
        if cell.status != .active {
            faults.append(
                InvalidValue(
                    field: field, rule: "organization.inactive", vietnamese: "Tổ chức không còn hoạt động.",
                    english: "The organisation is not active."))
        }
        return faults
    }

    static func faults(ofResidence cell: Organization?, field: String) -> [InvalidValue] {
        var faults = faults(cell, field: field)
        if let cell, !cell.residential { faults.append(notResidential.under(field)) }
        return faults
    }

    static let notResidential = InvalidValue(
        field: "residenceCellId", rule: "member.residence-cell",
        vietnamese: "Chi bộ nơi cư trú phải là chi bộ theo địa bàn dân cư.",
        english: "The cell of residence is one organised by place of residence.")
}
