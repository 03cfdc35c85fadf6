/// A personal identification number (số định danh cá nhân) of twelve digits; printing it shows the last three only.
public struct PersonalID: CheckedText, CustomDebugStringConvertible, CustomReflectable {
    public static var fieldName: String { "personalId" }

    /// The twelve digits in clear: only for the database, and for messages whose contract says so.
    public let text: String

    public init(checking text: String, field: String) throws(InvalidValue) {
        guard text.isDigits(12) else {
            throw InvalidValue(
                field: field, rule: "personal-id.digits", vietnamese: "Số định danh cá nhân phải gồm đúng 12 chữ số.",
                english: "A personal ID has exactly 12 digits.")
        }
        self.text = text
    }

    public var description: String { "*********" + text.suffix(3) }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

extension PersonalID {
    public enum Sex: String, Codable, Hashable, Sendable {
        case male
        case female
    }

    /// What in the number does not fit the person; warnings, since real records have errors.
    ///
    /// Digit 4 bears century and sex (0 and 1 for births of 1900-1999, male and female, 2 and 3 for 2000-2099, and
    /// so on), digits 5 and 6 the year of birth. By common knowledge, not by a published rule.
    public func warnings(sex: Sex?, birthYear: Int?, field: String = PersonalID.fieldName) -> [InvalidValue] {
        let digits = text.utf8.map { Int($0) - 0x30 }
        var warnings: [InvalidValue] = []
        if let sex, (digits[3] % 2 == 0) != (sex == .male) {
            warnings.append(
                InvalidValue(
                    field: field, rule: "personal-id.sex", vietnamese: "Chữ số thứ 4 không khớp với giới tính.",
                    english: "Digit 4 does not fit the sex."))
        }
        if let birthYear, 1_900 + digits[3] / 2 * 100 != birthYear / 100 * 100 {
            warnings.append(
                InvalidValue(
                    field: field, rule: "personal-id.century", vietnamese: "Chữ số thứ 4 không khớp với thế kỷ sinh.",
                    english: "Digit 4 does not fit the century of birth."))
        }
        if let birthYear, digits[4] * 10 + digits[5] != birthYear % 100 {
            warnings.append(
                InvalidValue(
                    field: field, rule: "personal-id.birth-year",
                    vietnamese: "Chữ số thứ 5 và 6 không khớp với năm sinh.",
                    english: "Digits 5 and 6 do not fit the year of birth."))
        }
        return warnings
    }
}
