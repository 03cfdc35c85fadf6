public import Contracts

/// The electronic form of a procedure (biểu mẫu điện tử): its fields and the rule of each.
public struct FormDefinition: Codable, Hashable, Sendable {
    /// `<procedure code>.<form symbol>` (article 27).
    public let code: String
    public let fields: [FormField]

    public init(code: String, fields: [FormField]) {
        self.code = code
        self.fields = fields
    }

    /// The field of the name, or nil.
    public subscript(name: String) -> FormField? { fields.first { $0.name == name } }

    func check() throws(InvalidValue) {
        try ProcedureEntry.require((1...80).contains(code.count), "form.code", "definition.code", "1 to 80 characters")
        try ProcedureEntry.require(
            Set(fields.map(\.name)).count == fields.count, "form.fields", "definition.fields", "fields of unlike names")
        for field in fields { try field.check() }
    }
}

/// One field of a form.
public struct FormField: Codable, Hashable, Sendable {
    /// What a field holds.
    public enum Kind: String, Codable, Hashable, Sendable {
        /// Plain text.
        case text
        /// A calendar day that has come.
        case pastDay = "past-day"
        /// A cell of the Party other than the applicant's own.
        case otherCell = "other-cell"
        /// A file that was uploaded before.
        case attachment
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

    public let name: String
    public let title: LocalizedText
    public let kind: Kind
    public let required: Bool
    /// Of a text; 1 to 1,000 characters where it is not given.
    public let length: Length?

    public init(name: String, title: LocalizedText, kind: Kind, required: Bool, length: Length? = nil) {
        self.name = name
        self.title = title
        self.kind = kind
        self.required = required
        self.length = length
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
    }
}
