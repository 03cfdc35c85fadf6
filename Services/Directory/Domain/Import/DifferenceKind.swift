public import Contracts

/// In what way the directory and the Party Member Database disagree.
public enum DifferenceKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// The source has it, the directory does not.
    case missing
    /// The directory has it, the source does not.
    case extra
    /// One field says something else.
    case different
    /// The member belongs to another cell.
    case moved
    /// Two have the same personal ID.
    case duplicatePersonalID = "duplicate-personal-id"
    /// The source names an organisation as a cell that is none, or a type that cannot stand where it stands.
    case wrongType = "wrong-type"
    /// The source names an organisation that the directory does not have.
    case unknownOrganization = "unknown-organization"
}

/// Who must settle a difference.
public enum Settler: String, Codable, Hashable, Sendable, CaseIterable {
    /// The cell itself, or whoever stands above it.
    case cell
    /// The organisation officers (Ban Xây dựng Đảng, Ban Tổ chức) above.
    case committee
    /// Whoever administers the place.
    case administrator

    /// The roles whose holders at the place or above it may settle.
    public var roles: Set<RoleName> {
        switch self {
        case .cell: [.cellSecretary, .cellDeputy, .organisationOfficer, .systemAdmin]
        case .committee: [.organisationOfficer, .systemAdmin]
        case .administrator: [.systemAdmin]
        }
    }
}

/// What is done about a difference.
public enum SettlementAction: String, Codable, Hashable, Sendable, CaseIterable {
    /// What the source says becomes ours, by an ordinary change.
    case takeSource = "take-source"
    /// Ours stays, and the source is told.
    case keepOurs = "keep-ours"
    /// Somebody whom only the source has is entered.
    case enter
    /// It has to be put right in the source, by hand: nothing is done here, and it is not told again as it is.
    case setAside = "set-aside"
}

extension DifferenceKind {
    /// Who settles a difference of a member.
    public func settler(of fact: MemberFact?) -> Settler {
        switch self {
        case .missing, .extra, .moved, .duplicatePersonalID, .unknownOrganization, .wrongType: .committee
        case .different:
            switch fact {
            // What the member himself states to his cell.
            case .residenceCellCode, .duesCategory, .recordNumber: .cell
            default: .committee
            }
        }
    }

    /// What can be done about it.
    public var actions: Set<SettlementAction> {
        switch self {
        case .missing: [.enter, .setAside]
        case .extra: [.keepOurs]
        case .different, .moved: [.takeSource, .keepOurs]
        // Whoever has it wrongly has to be found first; then one of them is no difference any more.
        case .duplicatePersonalID, .unknownOrganization, .wrongType: [.setAside]
        }
    }
}

extension Authority {
    /// Whether he may settle a difference at the place.
    ///
    /// - Parameters:
    ///   - member: whom it is about, if it is about one: nobody settles his own.
    ///   - path: the place and those above it; absent where the directory does not know the place.
    public func settles(as settler: Settler, about member: MemberID?, at path: OrganizationPath?) -> Bool {
        switch holder {
        case .operating: true
        case .member(let own): own != member && holds(settler.roles, on: path)
        }
    }
}
