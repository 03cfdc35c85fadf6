/// What is known of a member both here and in the Party Member Database, by the name that import files give it.
public enum MemberFact: String, Codable, Hashable, Sendable, CaseIterable {
    case personalId
    case fullName
    case sex
    case birthDate
    case cardNumber
    case recordNumber
    case joinedOn
    case recognisedOn
    case cellCode
    case residenceCellCode
    case state
    case duesCategory

    /// Where the member's document has it; the personal ID stands in no document.
    public var documentKey: String? {
        switch self {
        case .personalId: nil
        case .cardNumber: "officialCardNumber"
        case .cellCode: "cellId"
        case .residenceCellCode: "residenceCellId"
        case .fullName, .sex, .birthDate, .recordNumber, .joinedOn, .recognisedOn, .state, .duesCategory: rawValue
        }
    }
}
