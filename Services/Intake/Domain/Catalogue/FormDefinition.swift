public import Contracts

/// The electronic form of a procedure (biểu mẫu điện tử): its fields and the rule of each.
public struct FormDefinition: Codable, Hashable, Sendable {
    /// `<procedure code>.<form symbol>` (article 27).
    public let code: String
    public let fields: [FormField]
    /// The stay that the form asks for, where it asks for one.
    public let stay: StayRule?
    /// The other last day of a stay that runs, where the form asks for one.
    public let stayChange: StayChangeRule?
    /// The opinion that the form asks for, where it asks for one.
    public let opinion: OpinionRule?

    public init(
        code: String, fields: [FormField], stay: StayRule? = nil, stayChange: StayChangeRule? = nil,
        opinion: OpinionRule? = nil
    ) {
        self.code = code
        self.fields = fields
        self.stay = stay
        self.stayChange = stayChange
        self.opinion = opinion
    }

    /// The field of the name, or nil.
    public subscript(name: String) -> FormField? { fields.first { $0.name == name } }

    func check() throws(InvalidValue) {
        try ProcedureEntry.require((1...80).contains(code.count), "form.code", "definition.code", "1 to 80 characters")
        try ProcedureEntry.require(
            Set(fields.map(\.name)).count == fields.count, "form.fields", "definition.fields", "fields of unlike names")
        for field in fields { try field.check() }
        try stay?.check(in: self)
        try stayChange?.check(in: self)
        try opinion?.check(in: self)
    }
}

/// One field of a form.
public struct FormField: Codable, Hashable, Sendable {
    /// What a field holds.
    public enum Kind: String, Codable, Hashable, Sendable {
        /// Plain text.
        case text
        /// One of the values that the field lists.
        case choice
        /// A calendar day.
        case day
        /// A calendar day that has come.
        case pastDay = "past-day"
        /// A calendar day that is not over.
        case comingDay = "coming-day"
        /// A month of dues, of the last five years or the next one.
        case duesMonth = "dues-month"
        /// A cell of the Party other than the applicant's own.
        case otherCell = "other-cell"
        /// A list of such cells.
        case otherCells = "other-cells"
        /// A file that was uploaded before.
        case attachment

        /// Whether a field of this kind says where a dossier goes.
        var isAddress: Bool { self == .otherCell || self == .otherCells }
    }

    /// How many characters a text has.
    public struct Length: Codable, Hashable, Sendable {
        public let minimum: Int
        public let maximum: Int

        public init(minimum: Int, maximum: Int) {
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    /// A value that can be chosen.
    public struct Choice: Codable, Hashable, Sendable {
        public let value: String
        public let title: LocalizedText

        public init(value: String, title: LocalizedText) {
            self.value = value
            self.title = title
        }
    }

    public let name: String
    public let title: LocalizedText
    public let kind: Kind
    public let required: Bool
    /// Of a text; 1 to 1,000 characters where it is not given.
    public let length: Length?
    /// What a choice can be.
    public let choices: [Choice]?
    /// The most entries of a list; one where it is not given.
    public let most: Int?
    /// Whether a cell may be a body outside the system instead; no where it is not given.
    public let orOutside: Bool?

    public init(
        name: String, title: LocalizedText, kind: Kind, required: Bool, length: Length? = nil,
        choices: [Choice]? = nil, most: Int? = nil, orOutside: Bool? = nil
    ) {
        self.name = name
        self.title = title
        self.kind = kind
        self.required = required
        self.length = length
        self.choices = choices
        self.most = most
        self.orOutside = orOutside
    }

    /// The length a text of this field must have.
    public var textLength: Length { length ?? Length(minimum: 1, maximum: 1_000) }

    func check() throws(InvalidValue) {
        let isPlain = name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) }
        try ProcedureEntry.require(
            isPlain && (1...60).contains(name.utf8.count), "form.fields.name", "definition.name",
            "a name of letters and digits")
        try ProcedureEntry.require(
            textLength.minimum >= 1 && textLength.minimum <= textLength.maximum && textLength.maximum <= 10_000,
            "form.fields.\(name).length", "definition.length", "a length from 1 to 10,000")
        let values = (choices ?? []).map(\.value)
        try ProcedureEntry.require(
            values.isEmpty == (kind != .choice) && Set(values).count == values.count,
            "form.fields.\(name).choices", "definition.choices", "unlike values, for a choice and for nothing else")
        try ProcedureEntry.require(
            most == nil || kind == .otherCells && (1...20).contains(most ?? 0), "form.fields.\(name).most",
            "definition.most", "from 1 to 20, of a list")
        try ProcedureEntry.require(
            orOutside == nil || kind == .otherCell, "form.fields.\(name).orOutside", "definition.outside",
            "given for a cell only")
    }
}
