/// The code of a dossier (mã hồ sơ): receiving body, day of receipt, running number of that body and day,
/// for example `A35.12.08-261120-0007`.
public struct DossierCode: CheckedText {
    public static var fieldName: String { "dossierCode" }

    public let organization: OrganizationCode
    public let receivedOn: Day
    /// From 1; four digits at least when written, more when a day needs them.
    public let number: Int

    /// The code of the `number`-th dossier that `organization` received on the day.
    public init(
        organization: OrganizationCode, receivedOn: Day, number: Int, field: String = DossierCode.fieldName
    ) throws(InvalidValue) {
        guard (1...999_999_999).contains(number), (2_000...2_099).contains(receivedOn.year) else {
            throw DossierCode.invalid(field)
        }
        self.organization = organization
        self.receivedOn = receivedOn
        self.number = number
    }

    public init(checking text: String, field: String) throws(InvalidValue) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, String(parts[1]).isDigits(6), parts[2].utf8.count >= 4, let date = parts[1].plainNumber,
            let number = parts[2].plainNumber, parts[2].utf8.count == 4 || parts[2].first != "0",
            let organization = try? OrganizationCode(String(parts[0])),
            let day = try? Day(year: 2_000 + date / 10_000, month: date / 100 % 100, day: date % 100)
        else { throw DossierCode.invalid(field) }
        try self.init(organization: organization, receivedOn: day, number: number, field: field)
    }

    public var text: String {
        let date = [receivedOn.year % 100, receivedOn.month, receivedOn.dayOfMonth].map { padded($0, 2) }.joined()
        return "\(organization.text)-\(date)-\(padded(number, 4))"
    }

    public static func < (left: DossierCode, right: DossierCode) -> Bool {
        (left.organization, left.receivedOn, left.number) < (right.organization, right.receivedOn, right.number)
    }

    private static func invalid(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "dossier-code.form", vietnamese: "Mã hồ sơ phải có dạng như A35.12.08-261120-0007.",
            english: "A dossier code looks like A35.12.08-261120-0007.")
    }
}
