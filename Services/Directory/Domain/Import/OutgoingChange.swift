import Contracts

/// A change made here that the Party Member Database has to learn of.
public struct OutgoingChange: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Somebody became a member, or was entered here first.
        case entered
        /// An admission to another cell (chuyển sinh hoạt chính thức).
        case admission
        /// A temporary stay elsewhere began.
        case temporaryStay = "temporary-stay"
        /// A temporary stay, an excuse or a suspension ended.
        case `return`
        /// The membership ended.
        case end
        /// A membership that was over began again.
        case reinstated
        /// Another fact was changed or confirmed here.
        case correction
        case organizationFounded = "organization-founded"
        case organizationChanged = "organization-changed"
        /// An organisation was merged or dissolved.
        case organizationClosed = "organization-closed"
    }

    public let kind: Kind
    /// The fields of the import file in which the source will differ until it has taken the change.
    public let fields: [String]

    public init(kind: Kind, fields: [String]) {
        self.kind = kind
        self.fields = fields
    }
}

extension OutgoingChange {
    /// What the source has to learn of a change of a member; nothing when nothing changed that it keeps.
    ///
    /// - Parameter before: absent when he was entered.
    public init?(of member: Member, before: Member?) {
        guard let before else {
            self.init(kind: .entered, fields: MemberFact.allCases.map(\.rawValue))
            return
        }
        let changed = MemberFact.allCases.filter { member.differs(from: before, in: $0) }
        guard !changed.isEmpty else { return nil }
        self.init(kind: Self.kind(of: member, before: before), fields: changed.map(\.rawValue))
    }

    private static func kind(of member: Member, before: Member) -> Kind {
        if member.state.isEnd, !before.state.isEnd { return .end }
        if before.state.isEnd, !member.state.isEnd { return .reinstated }
        if member.cellId != before.cellId { return .admission }
        if member.stateInSource == before.stateInSource { return .correction }
        if member.state == .temporarilyElsewhere { return .temporaryStay }
        let away: Set<MembershipState> = [.temporarilyElsewhere, .temporarilyExcused, .suspended]
        return away.contains(before.state) ? .return : .correction
    }

    /// What the source has to learn of a change of an organisation.
    public init?(of organization: Organization, before: Organization?) {
        guard let before else {
            self.init(kind: .organizationFounded, fields: OrganizationFact.allCases.map(\.rawValue))
            return
        }
        let changed = OrganizationFact.allCases.filter { organization.differs(from: before, in: $0) }
        if organization.status != .active, before.status == .active {
            self.init(kind: .organizationClosed, fields: OrganizationFact.allCases.map(\.rawValue))
        } else if !changed.isEmpty {
            self.init(kind: .organizationChanged, fields: changed.map(\.rawValue))
        } else {
            return nil
        }
    }
}

extension Member {
    fileprivate func differs(from other: Member, in fact: MemberFact) -> Bool {
        switch fact {
        case .personalId: false
        case .fullName: fullName != other.fullName
        case .sex: sex != other.sex
        case .birthDate: birthDate != other.birthDate
        case .cardNumber: officialCardNumber != other.officialCardNumber
        case .recordNumber: recordNumber != other.recordNumber
        case .joinedOn: joinedOn != other.joinedOn
        case .recognisedOn: recognisedOn != other.recognisedOn
        case .cellCode: cellId != other.cellId
        case .residenceCellCode: residenceCellId != other.residenceCellId
        case .state: stateInSource != other.stateInSource
        case .duesCategory: duesCategory != other.duesCategory
        }
    }
}

/// What is known of an organisation both here and in the Party Member Database, by the name that import files give it.
public enum OrganizationFact: String, Codable, Hashable, Sendable, CaseIterable {
    case type
    case name
    case parentCode
    case residential
    case duesRegion
    case meetingDay
}

extension Organization {
    fileprivate func differs(from other: Organization, in fact: OrganizationFact) -> Bool {
        switch fact {
        case .type: type != other.type
        case .name: name != other.name
        case .parentCode: parentId != other.parentId
        case .residential: residential != other.residential
        case .duesRegion: duesRegion != other.duesRegion
        case .meetingDay: meetingDay != other.meetingDay
        }
    }
}
