public import Contracts

/// A dossier as it was sent, read as far as it can be: what it names, and what is wrong with it by itself.
///
/// What it names is then looked up, and `accepted(with:)` judges the whole.
public struct Submission: Sendable {
    /// The procedure as published; nil when it is missing or unknown.
    public let entry: ProcedureEntry?
    /// The fields that could be read, normalized.
    public let form: [String: JSONValue]
    /// The organisations that the form names.
    public let organizations: [NamedOrganization]
    /// For whom and where it is entered, when somebody enters it for another; nil where the member does, and where it
    /// could not be read.
    public let assisted: Assisted?
    /// The files, in the order in which they were named, each once.
    public let attachments: [NamedAttachment]
    let faults: FaultList

    /// A file of the dossier and where it was named.
    public struct NamedAttachment: Hashable, Sendable {
        public let id: AttachmentID
        /// The path of the field, `form.decisionAttachmentId` or `attachmentIds[2]`.
        public let field: String
    }

    /// An organisation and where it was named.
    public struct NamedOrganization: Hashable, Sendable {
        public let id: OrganizationID
        /// The path of the field, `form.residenceCellIds[1]`.
        public let field: String
        /// Whether it may be a body outside the system.
        var mayBeOutside = false
    }

    /// For whom an officer enters a dossier, and the body for which he does.
    public struct Assisted: Hashable, Sendable {
        public let applicant: MemberID
        public let organization: OrganizationID
    }

    /// For whom it is entered.
    ///
    /// Throws what is wrong with the submission where that cannot be read.
    public func requiredAssisted() throws(RejectedSubmission) -> Assisted {
        guard let assisted else { throw RejectedSubmission(faults.all) }
        return assisted
    }

    /// Reads what was sent; never fails, faults are kept for the judgement.
    ///
    /// - Parameter today: the day in Vietnam.
    public init(_ body: JSONValue, catalogue: ProcedureCatalogue, today: Day) {
        var faults = FaultList()
        guard let object = body.object else {
            faults.wrongType("$", "đối tượng", "an object")
            self.init(entry: nil, form: [:], assisted: nil, organizations: [], attachments: [], faults: faults)
            return
        }
        let entry = Self.entry(object["procedure"], catalogue, &faults)
        let names = entry?.enteredBy == nil ? Self.names : Self.names.union(Self.assistedNames)
        for name in object.keys.sorted() where !names.contains(name) { faults.unknown(name) }
        let assisted = entry?.enteredBy == nil ? nil : Self.assisted(object, &faults)
        var reader = FormReader(today: today, faults: faults)
        reader.read(object["form"], by: entry?.form)
        faults = reader.faults
        Self.requireDeclaration(object["declaredUnclassified"], &faults)
        var attachments = reader.attachments
        Self.addListed(object["attachmentIds"], to: &attachments, &faults)
        if let entry { faults.check(numberOfFiles: attachments.count, atMost: entry.maximumAttachments) }
        self.init(
            entry: entry, form: reader.values, assisted: assisted, organizations: reader.organizations,
            attachments: attachments, faults: faults)
    }

    private init(
        entry: ProcedureEntry?, form: [String: JSONValue], assisted: Assisted?, organizations: [NamedOrganization],
        attachments: [NamedAttachment], faults: FaultList
    ) {
        self.entry = entry
        self.form = form
        self.assisted = assisted
        self.organizations = organizations
        self.attachments = attachments
        self.faults = faults
    }

    private static let names: Set<String> = ["procedure", "form", "attachmentIds", "declaredUnclassified"]

    private static let assistedNames: Set<String> = ["applicantMemberId", "receivingOrganizationId"]

    private static func assisted(_ object: [String: JSONValue], _ faults: inout FaultList) -> Assisted? {
        let applicant = identifier("applicantMemberId", in: object, &faults).flatMap(MemberID.init)
        let organization = identifier("receivingOrganizationId", in: object, &faults).flatMap(OrganizationID.init)
        guard let applicant, let organization else { return nil }
        return Assisted(applicant: applicant, organization: organization)
    }

    private static func identifier(
        _ name: String, in object: [String: JSONValue], _ faults: inout FaultList
    ) -> String? {
        guard let value = object[name], !value.isNull else {
            faults.missing(name)
            return nil
        }
        guard let text = value.string, UUIDv7(text) != nil else {
            faults.add(FormReader.notAnID(name))
            return nil
        }
        return text
    }

    private static func entry(
        _ value: JSONValue?, _ catalogue: ProcedureCatalogue, _ faults: inout FaultList
    ) -> ProcedureEntry? {
        guard let value, !value.isNull else {
            faults.missing("procedure")
            return nil
        }
        guard let text = value.string else {
            faults.wrongType("procedure", "chuỗi ký tự", "a text")
            return nil
        }
        guard let code = try? ProcedureCode(text), let entry = catalogue[code] else {
            faults.add(
                "procedure", "procedure.unknown", "Không có thủ tục này.", "There is no such procedure.")
            return nil
        }
        return entry
    }

    /// Article 5.1: what is classified never comes this way.
    static func requireDeclaration(_ value: JSONValue?, _ faults: inout FaultList) {
        guard let value, !value.isNull else {
            faults.missing("declaredUnclassified")
            return
        }
        guard let declared = value.bool else {
            faults.wrongType("declaredUnclassified", "true hoặc false", "true or false")
            return
        }
        guard declared else {
            faults.add(
                "declaredUnclassified", "unclassified.not-declared",
                "Phải cam kết hồ sơ không có nội dung bí mật nhà nước.",
                "It must be declared that nothing in the dossier is classified.")
            return
        }
    }

    static func addListed(
        _ value: JSONValue?, to attachments: inout [NamedAttachment], _ faults: inout FaultList
    ) {
        guard let value, !value.isNull else { return }
        guard let items = value.array else {
            faults.wrongType("attachmentIds", "danh sách", "a list")
            return
        }
        // More than any procedure takes; the rest need not be looked at to know that.
        for (index, item) in items.prefix(200).enumerated() {
            let field = "attachmentIds[\(index)]"
            guard let id = item.string.flatMap(AttachmentID.init) else {
                faults.add(FormReader.notAnID(field))
                continue
            }
            if !attachments.contains(where: { $0.id == id }) {
                attachments.append(NamedAttachment(id: id, field: field))
            }
        }
    }
}
