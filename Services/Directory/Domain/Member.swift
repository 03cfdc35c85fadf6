public import Contracts

/// A member (đảng viên) as Directory keeps him, apart from the personal ID, which stands in a column of its own and
/// never leaves in clear.
public struct Member: Codable, Hashable, Sendable {
    public let id: MemberID
    /// Counts the changes, from 1.
    public internal(set) var version: Int64
    public internal(set) var fullName: String
    public internal(set) var state: MembershipState
    /// The letter with which he is in transit; absent otherwise, and where a person entered that state.
    public internal(set) var transit: Transit?
    /// The temporary stay elsewhere; absent otherwise, and where a person entered that state.
    public internal(set) var stay: MemberState.Stay?
    public internal(set) var cellId: OrganizationID
    /// The cell of his residence that accepted him.
    public internal(set) var residenceCellId: OrganizationID?
    /// The links to cells of residence, the latest last.
    public internal(set) var residenceLinks: [MemberState.ResidenceLink]?
    public internal(set) var joinedOn: Day
    public internal(set) var recognisedOn: Day?
    public internal(set) var sex: PersonalID.Sex?
    public internal(set) var birthDate: Day?
    public internal(set) var officialCardNumber: String?
    /// Số lý lịch.
    public internal(set) var recordNumber: String?
    public internal(set) var workplace: String?
    public internal(set) var residence: String?
    public internal(set) var position: String?
    public internal(set) var duesCategory: DuesCategory?
    public internal(set) var duesBase: DuesBase?
    /// What authorities reported of the last months, the latest month first.
    public internal(set) var duesFigures: [DuesFigure]?
    public internal(set) var channels: MemberState.Channels
    public internal(set) var transfersHeld: Bool?
    public internal(set) var exemptFromResidenceActivity: Bool?
    public internal(set) var exemptFromIntroduction: Bool?
    /// The account on the portal; absent where none was issued.
    public internal(set) var account: Account?

    /// What the state means elsewhere.
    public var effects: StateEffects { StateEffects.of(state) }

    /// What the other services are told: no more than they need.
    public var published: MemberState {
        MemberState(
            memberId: id, fullName: fullName, state: state, cellId: cellId, residenceCellId: residenceCellId,
            joinedOn: joinedOn, recognisedOn: recognisedOn, officialCardNumber: officialCardNumber,
            duesCategory: duesCategory, duesBase: duesBase, duesFigures: duesFigures, channels: publishedChannels,
            transfersHeld: transfersHeld,
            exemptFromResidenceActivity: exemptFromResidenceActivity, exemptFromIntroduction: exemptFromIntroduction,
            residenceLinks: residenceLinks, account: account?.state, stay: stay, inTransitSince: transit?.since)
    }

    /// Where notices stop, nobody needs to know where they went.
    private var publishedChannels: MemberState.Channels {
        switch effects.notices {
        case .sent: channels
        case .stopped: MemberState.Channels(consent: MemberState.Consent(email: false, sms: false, push: false))
        }
    }

    /// What is wrong with the member by himself.
    func faults(today: Day) -> [InvalidValue] {
        var faults = TextRule.name(fullName, field: "fullName")
        if joinedOn > today { faults.append(Faults.inFuture("joinedOn")) }
        if let recognisedOn {
            if recognisedOn > today { faults.append(Faults.inFuture("recognisedOn")) }
            if recognisedOn < joinedOn { faults.append(Self.recognisedBeforeJoined) }
            if state == .probationary { faults.append(Self.probationaryRecognised) }
        }
        if let birthDate, birthDate >= joinedOn { faults.append(Self.bornAfterJoining) }
        if let email = channels.email { faults += TextRule.email(email, field: "channels.email") }
        if let phone = channels.phone { faults += TextRule.phone(phone, field: "channels.phone") }
        if let amount = duesBase?.amount, amount < Dong(0) { faults.append(Self.negativeBase) }
        return faults
    }
}

extension Member {
    private static let recognisedBeforeJoined = InvalidValue(
        field: "recognisedOn", rule: "member.recognised-before-joined",
        vietnamese: "Ngày công nhận chính thức không được trước ngày kết nạp.",
        english: "Recognition is not before admission.")
    private static let probationaryRecognised = InvalidValue(
        field: "recognisedOn", rule: "member.probationary-recognised",
        vietnamese: "Đảng viên dự bị chưa có ngày công nhận chính thức.",
        english: "A probationary member has not been recognised.")
    private static let bornAfterJoining = InvalidValue(
        field: "birthDate", rule: "member.birth-date", vietnamese: "Ngày sinh phải trước ngày kết nạp.",
        english: "Birth is before admission.")
    private static let negativeBase = InvalidValue(
        field: "duesBase.amount", rule: "dues-base.negative", vietnamese: "Mức làm căn cứ không được âm.",
        english: "The base of dues is not negative.")
}
