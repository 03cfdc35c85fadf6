public import Contracts

/// What the Party Member Database says of one fact, taken over.
///
/// Cells, states and the personal ID are no corrections: an admission and a change of state have effects elsewhere, and
/// the personal ID stands outside of the document.
public enum MemberCorrection: Sendable, Hashable {
    case fullName(String)
    case sex(PersonalID.Sex?)
    case birthDate(Day?)
    case cardNumber(String?)
    case recordNumber(String?)
    case joinedOn(Day)
    case recognisedOn(Day?)
    case residenceCell(OrganizationID?)
    case duesCategory(DuesCategory?)

    /// Reads what the source says of a fact; nothing when the fact is none that is corrected.
    ///
    /// - Parameter residenceCell: the organisation that the source's code names.
    public init?(_ fact: MemberFact, _ value: String?, residenceCell: OrganizationID?) throws(Faults) {
        switch fact {
        case .personalId, .cellCode, .state: return nil
        case .fullName: self = .fullName(value ?? "")
        case .sex: self = .sex(try Self.read(fact, value, PersonalID.Sex.init))
        case .birthDate: self = .birthDate(try Self.day(fact, value))
        case .cardNumber: self = .cardNumber(value)
        case .recordNumber: self = .recordNumber(value)
        case .joinedOn:
            guard let day = try Self.day(fact, value) else { throw Self.unreadable(fact) }
            self = .joinedOn(day)
        case .recognisedOn: self = .recognisedOn(try Self.day(fact, value))
        case .residenceCellCode: self = .residenceCell(residenceCell)
        case .duesCategory: self = .duesCategory(try Self.read(fact, value, DuesCategory.init))
        }
    }

    private static func day(_ fact: MemberFact, _ value: String?) throws(Faults) -> Day? {
        try read(fact, value) { try? Day($0) }
    }

    private static func read<Value>(
        _ fact: MemberFact, _ value: String?, _ read: (String) -> Value?
    ) throws(Faults) -> Value? {
        guard let value else { return nil }
        guard let result = read(value) else { throw unreadable(fact) }
        return result
    }

    private static func unreadable(_ fact: MemberFact) -> Faults {
        Faults([
            InvalidValue(
                field: fact.rawValue, rule: "difference.value",
                vietnamese: "Giá trị của nguồn không dùng được.", english: "The source's value cannot be used.")
        ])
    }
}

extension Member {
    /// The member as the source has him in one fact, or everything that is wrong with that.
    ///
    /// - Parameter residenceCell: the organisation that becomes the cell of his residence, where that is the fact.
    public func corrected(
        _ correction: MemberCorrection, residenceCell: Organization? = nil, today: Day
    ) throws(Faults) -> Member {
        var next = self
        next.version += 1
        switch correction {
        case .fullName(let name): next.fullName = TextRule.tidy(name)
        case .sex(let sex): next.sex = sex
        case .birthDate(let day): next.birthDate = day
        case .cardNumber(let number): next.officialCardNumber = number
        case .recordNumber(let number): next.recordNumber = number
        case .joinedOn(let day): next.joinedOn = day
        case .recognisedOn(let day): next.recognisedOn = day
        case .residenceCell(.some(let id)): next.moveResidence(to: id, on: today)
        case .residenceCell(nil): next.endResidence(on: today)
        case .duesCategory(let category): next.duesCategory = category
        }
        var faults = next.faults(today: today)
        if case .residenceCell(.some) = correction {
            faults += CellRule.faults(residenceCell, field: "residenceCellCode")
            if let residenceCell, !residenceCell.residential { faults.append(CellRule.notResidential) }
        }
        try Faults.check(faults)
        return next
    }
}
