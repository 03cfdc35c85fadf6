import Contracts

/// Reads the fields of a form by their rules.
struct FormReader {
    let today: Day
    private(set) var faults: FaultList
    private(set) var values: [String: JSONValue] = [:]
    private(set) var organizations: [String: OrganizationID] = [:]
    private(set) var attachments: [Submission.NamedAttachment] = []

    init(today: Day, faults: FaultList) {
        self.today = today
        self.faults = faults
    }

    /// Reads all fields; without a definition only the shape is looked at.
    mutating func read(_ value: JSONValue?, by definition: FormDefinition?) {
        guard let value, !value.isNull else {
            faults.missing("form")
            return
        }
        guard let object = value.object else {
            faults.wrongType("form", "đối tượng", "an object")
            return
        }
        guard let definition else { return }
        for field in definition.fields { read(field, object[field.name]) }
        for name in object.keys.sorted() where definition[name] == nil { faults.unknown("form.\(name)") }
    }

    private mutating func read(_ field: FormField, _ value: JSONValue?) {
        let path = "form.\(field.name)"
        guard let value, !value.isNull else {
            if field.required { faults.missing(path) }
            return
        }
        guard let given = value.string else {
            faults.wrongType(path, "chuỗi ký tự", "a text")
            return
        }
        switch field.kind {
        case .text: readText(given, field, path)
        case .pastDay: readDay(given, field, path)
        case .otherCell: readCell(given, field, path)
        case .attachment: readAttachment(given, field, path)
        }
    }

    private mutating func readText(_ given: String, _ field: FormField, _ path: String) {
        let text = PlainText.normalized(given)
        let length = field.textLength
        guard !text.isEmpty || !field.required else {
            faults.missing(path)
            return
        }
        guard !text.isEmpty else { return }
        guard (length.minimum...length.maximum).contains(text.count) else {
            faults.add(
                path, "text.length", "Nội dung phải từ \(length.minimum) đến \(length.maximum) ký tự.",
                "The text must have \(length.minimum) to \(length.maximum) characters.")
            return
        }
        guard PlainText.isPrintable(text) else {
            faults.add(
                path, "text.unprintable", "Nội dung có ký tự không in được.",
                "The text has characters that cannot be printed.")
            return
        }
        values[field.name] = .string(text)
    }

    private mutating func readDay(_ given: String, _ field: FormField, _ path: String) {
        let day: Day
        do throws(InvalidValue) {
            day = try Day(checking: given, field: path)
        } catch {
            faults.add(error)
            return
        }
        guard day <= today else {
            faults.add(path, "day.in-future", "Ngày này chưa đến.", "That day has not come yet.")
            return
        }
        guard day.year >= 1_930 else {
            faults.add(path, "day.too-early", "Ngày này quá xa trong quá khứ.", "That day is too far in the past.")
            return
        }
        values[field.name] = .string(day.text)
    }

    private mutating func readCell(_ given: String, _ field: FormField, _ path: String) {
        guard let id = OrganizationID(given) else {
            faults.add(Self.notAnID(path))
            return
        }
        organizations[field.name] = id
        values[field.name] = .string("\(id)")
    }

    private mutating func readAttachment(_ given: String, _ field: FormField, _ path: String) {
        guard let id = AttachmentID(given) else {
            faults.add(Self.notAnID(path))
            return
        }
        guard !attachments.contains(where: { $0.id == id }) else {
            faults.add(
                path, "attachment.named-twice", "Tệp này đã được dùng cho thành phần khác của hồ sơ.",
                "This file is named for another component already.")
            return
        }
        attachments.append(Submission.NamedAttachment(id: id, field: path))
        values[field.name] = .string("\(id)")
    }

    static func notAnID(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "identifier.form", vietnamese: "Không phải mã định danh hợp lệ.",
            english: "Not a valid identifier.")
    }
}
