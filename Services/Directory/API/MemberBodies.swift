import Contracts
import DirectoryDomain
import ServiceKit

/// The body of `POST /v1/members`.
struct NewMember: Decodable, Sendable {
    let draft: MemberDraft
    let personalID: PersonalID?
    let reason: Reason

    private enum Key: CodingKey {
        case personalId, fullName, state, cellId, residenceCellId, joinedOn, recognisedOn, sex, birthDate
        case officialCardNumber, recordNumber, workplace, residence, position, duesCategory, duesBase, channels
        case transfersHeld, exemptFromResidenceActivity, exemptFromIntroduction, reason
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        personalID = try fields.decodeIfPresent(PersonalID.self, forKey: .personalId)
        var draft = MemberDraft(
            fullName: try fields.decode(String.self, forKey: .fullName),
            state: try fields.decodeIfPresent(MembershipState.self, forKey: .state) ?? .official,
            cellId: try fields.decode(OrganizationID.self, forKey: .cellId),
            joinedOn: try fields.decode(Day.self, forKey: .joinedOn),
            recognisedOn: try fields.decodeIfPresent(Day.self, forKey: .recognisedOn))
        draft.residenceCellId = try fields.decodeIfPresent(OrganizationID.self, forKey: .residenceCellId)
        draft.sex = try fields.decodeIfPresent(PersonalID.Sex.self, forKey: .sex)
        draft.birthDate = try fields.decodeIfPresent(Day.self, forKey: .birthDate)
        draft.officialCardNumber = try fields.decodeIfPresent(String.self, forKey: .officialCardNumber)
        draft.recordNumber = try fields.decodeIfPresent(String.self, forKey: .recordNumber)
        draft.workplace = try fields.decodeIfPresent(String.self, forKey: .workplace)
        draft.residence = try fields.decodeIfPresent(String.self, forKey: .residence)
        draft.position = try fields.decodeIfPresent(String.self, forKey: .position)
        draft.duesCategory = try fields.decodeIfPresent(DuesCategory.self, forKey: .duesCategory)
        draft.duesBase = try fields.decodeIfPresent(DuesBase.self, forKey: .duesBase)
        if let channels = try fields.decodeIfPresent(MemberState.Channels.self, forKey: .channels) {
            draft.channels = channels
        }
        draft.transfersHeld = try fields.decodeIfPresent(Bool.self, forKey: .transfersHeld)
        draft.exemptFromResidenceActivity = try fields.decodeIfPresent(
            Bool.self, forKey: .exemptFromResidenceActivity)
        draft.exemptFromIntroduction = try fields.decodeIfPresent(Bool.self, forKey: .exemptFromIntroduction)
        self.draft = draft
        reason = try fields.decodeIfPresent(Reason.self, forKey: .reason) ?? .entered
    }
}

/// The body of `POST /v1/members/{id}/changes`.
struct MemberChangeBody: Decodable, Sendable {
    let change: MemberChange
    /// The first day on which it holds, not after today; absent: today.
    let effectiveOn: Day?
    let reason: Reason

    private enum Key: CodingKey {
        case state, cellId, recognisedOn, duesCategory, duesBase, channels, transfersHeld
        case exemptFromResidenceActivity, exemptFromIntroduction, effectiveOn, reason
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        change = MemberChange(
            state: try fields.decodeIfPresent(MembershipState.self, forKey: .state),
            cellId: try fields.decodeIfPresent(OrganizationID.self, forKey: .cellId),
            recognisedOn: try fields.decodeIfPresent(Day.self, forKey: .recognisedOn),
            duesCategory: try fields.decodeIfPresent(DuesCategory.self, forKey: .duesCategory),
            duesBase: try fields.decodeIfPresent(DuesBase.self, forKey: .duesBase),
            channels: try fields.decodeIfPresent(MemberState.Channels.self, forKey: .channels),
            transfersHeld: try fields.decodeIfPresent(Bool.self, forKey: .transfersHeld),
            exemptFromResidenceActivity: try fields.decodeIfPresent(Bool.self, forKey: .exemptFromResidenceActivity),
            exemptFromIntroduction: try fields.decodeIfPresent(Bool.self, forKey: .exemptFromIntroduction))
        effectiveOn = try fields.decodeIfPresent(Day.self, forKey: .effectiveOn)
        reason = try fields.decode(Reason.self, forKey: .reason)
    }
}

/// A member as those see him who may.
struct MemberView: Encodable {
    /// What the state means, row of the table.
    struct Effects: Encodable {
        let cases: StateEffects.Cases
        let dues: StateEffects.Dues
        let account: StateEffects.Account
        let roles: StateEffects.Roles
        let notices: StateEffects.Notices

        init(_ effects: StateEffects) {
            cases = effects.cases
            dues = effects.dues
            account = effects.account
            roles = effects.roles
            notices = effects.notices
        }
    }

    private let member: Member
    private let personalID: PersonalID?

    private enum Key: CodingKey {
        case personalId, sex, birthDate, recordNumber, workplace, residence, position, effects, warnings
    }

    init(_ member: Member, _ personalID: PersonalID?) {
        self.member = member
        self.personalID = personalID
    }

    func encode(to encoder: any Encoder) throws {
        try VersionedView(state: member.published, version: member.version).encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        // Masked: in clear it leaves the directory only where a contract says so, and none does.
        try container.encodeIfPresent(personalID.map { "\($0)" }, forKey: .personalId)
        try container.encodeIfPresent(member.sex, forKey: .sex)
        try container.encodeIfPresent(member.birthDate, forKey: .birthDate)
        try container.encodeIfPresent(member.recordNumber, forKey: .recordNumber)
        try container.encodeIfPresent(member.workplace, forKey: .workplace)
        try container.encodeIfPresent(member.residence, forKey: .residence)
        try container.encodeIfPresent(member.position, forKey: .position)
        try container.encode(Effects(member.effects), forKey: .effects)
        // A number that does not fit the person is told and kept: real records have errors.
        let warnings = personalID?.warnings(sex: member.sex, birthYear: member.birthDate?.year) ?? []
        if !warnings.isEmpty { try container.encode(warnings.map(FieldError.init), forKey: .warnings) }
    }
}
