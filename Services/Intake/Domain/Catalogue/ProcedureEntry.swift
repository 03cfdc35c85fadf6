public import Contracts
public import WorkingTime

/// A published procedure (thủ tục) as members find it: what to fill in, what to attach, by when it is looked at.
///
/// A dossier keeps the version it was submitted under.
public struct ProcedureEntry: Codable, Hashable, Sendable {
    public let procedure: ProcedureCode
    /// Counts the publications, from 1.
    public let version: Int
    public let title: LocalizedText
    /// Within which time the receiving body says whether the dossier is complete (article 14.3).
    public let checkWithin: TimeLimit
    /// The most files of one dossier.
    public let maximumAttachments: Int
    public let form: FormDefinition
    /// The states of membership in which it can be submitted; every one that has not ended where it is not given.
    public let applicants: [MembershipState]?
    /// The roles that read its dossiers beside those that read every procedure's.
    public let readers: [RoleName]?
    /// The role whose holders enter its dossiers for a member who stands at a body outside the system; where it is not
    /// given members submit for themselves.
    public let enteredBy: RoleName?
    /// Above which cell the body stands that receives its dossiers; the applicant's own where it is not given.
    public let receivedAbove: Cell?

    /// A cell that a member has to do with.
    public enum Cell: String, Codable, Hashable, Sendable {
        /// The one that he belongs to.
        case own
        /// The one of his temporary stay.
        case stay
    }

    public init(
        procedure: ProcedureCode, version: Int, title: LocalizedText, checkWithin: TimeLimit, maximumAttachments: Int,
        form: FormDefinition, applicants: [MembershipState]? = nil, readers: [RoleName]? = nil,
        enteredBy: RoleName? = nil, receivedAbove: Cell? = nil
    ) {
        self.procedure = procedure
        self.version = version
        self.title = title
        self.checkWithin = checkWithin
        self.maximumAttachments = maximumAttachments
        self.form = form
        self.applicants = applicants
        self.readers = readers
        self.enteredBy = enteredBy
        self.receivedAbove = receivedAbove
    }

    /// Throws what is wrong with the definition itself.
    public func check() throws(InvalidValue) {
        try Self.require((1...10_000).contains(version), "version", "definition.version", "from 1 to 10,000")
        try Self.require(
            (0...100).contains(maximumAttachments), "maximumAttachments", "definition.attachments", "from 0 to 100")
        try checkWithin.check(field: "checkWithin")
        try form.check()
    }

    static func require(
        _ holds: Bool, _ field: String, _ rule: String, _ what: String
    ) throws(InvalidValue) {
        guard !holds else { return }
        throw InvalidValue(
            field: field, rule: rule, vietnamese: "Định nghĩa thủ tục không hợp lệ.", english: "It must be \(what).")
    }
}

/// The procedures that dossiers can be submitted for, each in its newest version. Older versions are kept for the
/// dossiers that were submitted under them.
public struct ProcedureCatalogue: Sendable {
    private var entries: [ProcedureCode: [Int: ProcedureEntry]] = [:]

    public init() {}

    /// All entries, by code.
    public var all: [ProcedureEntry] { entries.keys.sorted().compactMap { self[$0] } }

    public subscript(code: ProcedureCode) -> ProcedureEntry? {
        entries[code]?.values.max { $0.version < $1.version }
    }

    /// The entry that a dossier was submitted under.
    public subscript(code: ProcedureCode, version version: Int) -> ProcedureEntry? { entries[code]?[version] }

    /// Adds an entry; a version that is there already stays as it is.
    ///
    /// Throws what is wrong with it.
    public mutating func add(_ entry: ProcedureEntry) throws(InvalidValue) {
        try entry.check()
        guard self[entry.procedure, version: entry.version] == nil else { return }
        entries[entry.procedure, default: [:]][entry.version] = entry
    }
}
