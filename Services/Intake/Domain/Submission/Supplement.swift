public import Contracts

/// What an applicant sends after a body asked him for what is missing: fields of the form, files, or both.
///
/// Fields that it leaves out stay as they are; `null` empties a field that the form does not require.
public struct Supplement: Sendable {
    /// The dossier that it comes to.
    public struct Standing: Sendable {
        /// The procedure in the version that the dossier was submitted under.
        public let entry: ProcedureEntry
        public let form: [String: JSONValue]
        /// Its files.
        public let files: Set<AttachmentID>

        public init(entry: ProcedureEntry, form: [String: JSONValue], files: Set<AttachmentID>) {
            self.entry = entry
            self.form = form
            self.files = files
        }
    }

    /// A supplement with nothing wrong.
    public struct Accepted: Hashable, Sendable {
        /// The whole form as it stands with the supplement.
        public let form: JSONValue
        /// The names of the fields that differ from before, in the order of the form.
        public let changedFields: [String]
        /// The files that are new to the dossier.
        public let attachments: [AttachmentID]
    }

    /// The files that are new to the dossier, in the order in which they were named, each once.
    public let attachments: [Submission.NamedAttachment]
    private let definition: FormDefinition
    private let form: [String: JSONValue]
    private let changedFields: [String]
    private let faults: FaultList

    /// Reads what was sent; never fails, faults are kept for the judgement.
    ///
    /// - Parameter today: the day in Vietnam.
    public init(_ body: JSONValue, to standing: Standing, today: Day) {
        var faults = FaultList()
        definition = standing.entry.form
        guard let object = body.object else {
            faults.wrongType("$", "đối tượng", "an object")
            (attachments, form, changedFields, self.faults) = ([], standing.form, [], faults)
            return
        }
        for name in object.keys.sorted() where !Self.names.contains(name) { faults.unknown(name) }
        var reader = FormReader(today: today, faults: faults)
        reader.read(object["form"], over: standing.form, by: definition)
        faults = reader.faults
        Submission.requireDeclaration(object["declaredUnclassified"], &faults)
        var named = reader.attachments
        Submission.addListed(object["attachmentIds"], to: &named, &faults)
        let changed = definition.fields.map(\.name).filter { reader.values[$0] != standing.form[$0] }
        // The case is on its way to that organisation; a wrong address is put right by the committees on the way.
        for name in changed where definition[name]?.kind.isAddress == true {
            let field = "form.\(name)"
            guard !faults.all.contains(where: { $0.field.hasPrefix(field) }) else { continue }
            faults.add(
                field, "supplement.address", "Không thay đổi nơi đến khi bổ sung hồ sơ.",
                "A supplement does not change the address of a dossier.")
        }
        let new = named.filter { !standing.files.contains($0.id) }
        let replaced = Self.files(in: standing.form, definition).subtracting(Self.files(in: reader.values, definition))
        faults.check(
            numberOfFiles: standing.files.subtracting(replaced).count + new.count,
            atMost: standing.entry.maximumAttachments)
        if faults.all.isEmpty, changed.isEmpty, new.isEmpty {
            faults.add(
                "form", "supplement.empty", "Chưa có nội dung nào được bổ sung.",
                "Nothing in it is new to the dossier.")
        }
        (attachments, form, changedFields, self.faults) = (new, reader.values, changed, faults)
    }

    /// The supplement, if nothing is wrong with it; else everything that is.
    ///
    /// - Parameters:
    ///   - files: what is known of the applicant's files.
    ///   - applicant: what is known of him now.
    public func accepted(
        with files: [AttachmentID: Submission.Attachment], of applicant: Submission.Applicant
    ) throws(RejectedSubmission) -> Accepted {
        var faults = faults
        if let rule = definition.stayChange, changedFields.contains(rule.until),
            let fault = rule.fault(in: form, of: applicant)
        {
            faults.add(fault)
        }
        if let rule = definition.opinion, changedFields.contains(rule.purpose),
            let fault = rule.fault(in: form, of: applicant)
        {
            faults.add(fault)
        }
        faults.check(attachments, against: files)
        guard faults.all.isEmpty else { throw RejectedSubmission(faults.all) }
        return Accepted(form: .object(form), changedFields: changedFields, attachments: attachments.map(\.id))
    }

    private static let names: Set<String> = ["form", "attachmentIds", "declaredUnclassified"]

    private static func files(in form: [String: JSONValue], _ definition: FormDefinition) -> Set<AttachmentID> {
        Set(
            definition.fields.filter { $0.kind == .attachment }
                .compactMap { form[$0.name]?.string.flatMap(AttachmentID.init) })
    }
}
