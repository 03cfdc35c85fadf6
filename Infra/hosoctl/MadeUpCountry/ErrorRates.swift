/// How often a record is wrong, each out of a hundred thousand; near what reconciliations of such registers report.
public struct ErrorRates: Sendable {
    /// No personal id.
    public var missingPersonalID = 2_000
    /// The personal id of somebody else.
    public var duplicatePersonalID = 50
    /// A personal id that does not fit sex or year of birth.
    public var personalIDMismatch = 500
    /// A name with capitals, spaces or marks written another way.
    public var untidyName = 1_000
    /// Recognised before he joined.
    public var wrongOrderOfDays = 100
    /// A cell that does not exist.
    public var unknownCell = 80
    /// A member of an organisation that is no cell.
    public var wrongTypeOfOrganization = 40
    /// Of the members of a later revision, how many differ from the first.
    public var changed = 1_000

    public init() {}

    /// Nothing is wrong.
    public static let none: ErrorRates = {
        var rates = ErrorRates()
        rates.missingPersonalID = 0
        rates.duplicatePersonalID = 0
        rates.personalIDMismatch = 0
        rates.untidyName = 0
        rates.wrongOrderOfDays = 0
        rates.unknownCell = 0
        rates.wrongTypeOfOrganization = 0
        return rates
    }()
}
