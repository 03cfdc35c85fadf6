public import Contracts

/// A field of a member's data that he checks himself: he confirms it, or says what it should be.
public enum MemberField: String, Codable, Sendable, CaseIterable {
    case fullName, sex, birthDate, joinedOn, recognisedOn, officialCardNumber, recordNumber
    case workplace, residence, position, cellId, residenceCellId

    /// Where he belongs changes by a transfer, where he lives by an introduction: a dispute leads there, no correction.
    public var isCorrectable: Bool { self != .cellId && self != .residenceCellId }

    /// How the field is asked for.
    public var vietnamese: String {
        switch self {
        case .fullName: "Họ và tên"
        case .sex: "Giới tính"
        case .birthDate: "Ngày sinh"
        case .joinedOn: "Ngày vào Đảng"
        case .recognisedOn: "Ngày chính thức"
        case .officialCardNumber: "Số thẻ đảng viên"
        case .recordNumber: "Số lý lịch"
        case .workplace: "Nơi làm việc"
        case .residence: "Nơi cư trú"
        case .position: "Chức vụ"
        case .cellId: "Chi bộ sinh hoạt"
        case .residenceCellId: "Chi bộ nơi cư trú"
        }
    }
}

extension Member {
    /// What is kept of a field, as the document writes it; nothing where nothing is kept.
    public func text(of field: MemberField) -> String? {
        switch field {
        case .fullName: fullName
        case .sex: sex?.rawValue
        case .birthDate: birthDate?.description
        case .joinedOn: joinedOn.description
        case .recognisedOn: recognisedOn?.description
        case .officialCardNumber: officialCardNumber
        case .recordNumber: recordNumber
        case .workplace: workplace
        case .residence: residence
        case .position: position
        case .cellId: cellId.description
        case .residenceCellId: residenceCellId?.description
        }
    }

    /// The member with one field put right, or everything that is wrong with that.
    public func corrected(_ field: MemberField, to text: String, today: Day) throws(Faults) -> Member {
        var next = self
        next.version += 1
        let isRead = next.set(field, to: text)
        try Faults.check(isRead ? [] : [Self.unreadable])
        try Faults.check(next.faults(today: today))
        return next
    }

    /// Throws what is wrong with a text as the value of a field, also of one that is not corrected this way.
    public func check(_ text: String, as field: MemberField, today: Day) throws(Faults) {
        if field.isCorrectable {
            _ = try corrected(field, to: text, today: today)
        } else {
            try Faults.check(TextRule.name(text, field: "stated"))
        }
    }

    /// - Returns: whether the text can be read as a value of the field.
    private mutating func set(_ field: MemberField, to text: String) -> Bool {
        let tidy = TextRule.tidy(text)
        let day = try? Day(tidy)
        switch field {
        case .fullName: fullName = tidy
        case .sex: sex = PersonalID.Sex(rawValue: tidy)
        case .birthDate: birthDate = day
        case .joinedOn: joinedOn = day ?? joinedOn
        case .recognisedOn: recognisedOn = day
        case .officialCardNumber: officialCardNumber = tidy
        case .recordNumber: recordNumber = tidy
        case .workplace: workplace = tidy
        case .residence: residence = tidy
        case .position: position = tidy
        case .cellId, .residenceCellId: return false
        }
        switch field {
        case .sex: return sex != nil
        case .birthDate, .joinedOn, .recognisedOn: return day != nil
        default: return TextRule.name(tidy, field: "stated").isEmpty
        }
    }

    private static let unreadable = InvalidValue(
        field: "stated", rule: "member.field-form", vietnamese: "Giá trị không đọc được cho trường này.",
        english: "The text is no value of this field.")
}
