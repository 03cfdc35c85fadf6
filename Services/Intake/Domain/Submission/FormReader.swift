import Contracts

/// Reads the fields of a form by their rules.
struct FormReader {
    let today: Day
    private(set) var faults: FaultList
    private(set) var values: [String: JSONValue] = [:]
    private(set) var organizations: [Submission.NamedOrganization] = []
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
        if let fault = definition.stay?.fault(in: values) { faults.add(fault) }
    }

    /// Reads the fields that a supplement brings; those that it leaves out stay as they are.
    mutating func read(_ value: JSONValue?, over standing: [String: JSONValue], by definition: FormDefinition) {
        values = standing
        guard let value, !value.isNull else { return }
        guard let object = value.object else {
            faults.wrongType("form", "đối tượng", "an object")
            return
        }
        for field in definition.fields {
            guard let given = object[field.name] else { continue }
            values[field.name] = nil
            read(field, given)
        }
        for name in object.keys.sorted() where definition[name] == nil { faults.unknown("form.\(name)") }
        if values != standing, let fault = definition.stay?.fault(in: values) { faults.add(fault) }
    }

    private mutating func read(_ field: FormField, _ value: JSONValue?) {
        let path = "form.\(field.name)"
        guard let value, !value.isNull else {
            if field.required { faults.missing(path) }
            return
        }
        if field.kind == .otherCells {
            readCells(value, field, path)
            return
        }
        guard let given = value.string else {
            faults.wrongType(path, "chuỗi ký tự", "a text")
            return
        }
        switch field.kind {
        case .text: readText(given, field, path)
        case .choice: readChoice(given, field, path)
        case .day, .pastDay, .comingDay: readDay(given, field, path)
        case .duesMonth: readMonth(given, field, path)
        case .otherCell, .otherCells: readCell(given, field, path)
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
        guard field.kind != .pastDay || day <= today else {
            faults.add(path, "day.in-future", "Ngày này chưa đến.", "That day has not come yet.")
            return
        }
        guard field.kind != .comingDay || day >= today else {
            faults.add(path, "day.past", "Ngày này đã qua.", "That day is over.")
            return
        }
        guard day.year <= today.year + 10 else {
            faults.add(path, "day.too-late", "Ngày này quá xa trong tương lai.", "That day is too far ahead.")
            return
        }
        guard day.year >= 1_930 else {
            faults.add(path, "day.too-early", "Ngày này quá xa trong quá khứ.", "That day is too far in the past.")
            return
        }
        values[field.name] = .string(day.text)
    }

    private mutating func readChoice(_ given: String, _ field: FormField, _ path: String) {
        let values = (field.choices ?? []).map(\.value)
        guard values.contains(given) else {
            let known = values.joined(separator: ", ")
            faults.add(
                path, "choice.unknown", "Phải chọn một trong: \(known).", "It must be one of: \(known).")
            return
        }
        self.values[field.name] = .string(given)
    }

    private mutating func readMonth(_ given: String, _ field: FormField, _ path: String) {
        let month: DuesMonth
        do throws(InvalidValue) {
            month = try DuesMonth(checking: given, field: path)
        } catch {
            faults.add(error)
            return
        }
        guard (-60...12).contains(DuesMonth(containing: today).months(until: month)) else {
            faults.add(
                path, "dues-month.range", "Kỳ đảng phí quá xa hiện tại.", "The month is too far from today.")
            return
        }
        values[field.name] = .string(month.text)
    }

    private mutating func readCell(_ given: String, _ field: FormField, _ path: String) {
        guard let id = OrganizationID(given) else {
            faults.add(Self.notAnID(path))
            return
        }
        organizations.append(
            Submission.NamedOrganization(id: id, field: path, mayBeOutside: field.orOutside ?? false))
        values[field.name] = .string("\(id)")
    }

    private mutating func readCells(_ value: JSONValue, _ field: FormField, _ path: String) {
        let most = field.most ?? 1
        guard let items = value.array else {
            faults.wrongType(path, "danh sách", "a list")
            return
        }
        guard items.count <= most, !items.isEmpty || !field.required else {
            faults.add(
                path, "list.length", "Danh sách có tối đa \(most) mục.", "The list has \(most) entries at most.")
            return
        }
        var ids: [OrganizationID] = []
        for (index, item) in items.enumerated() {
            let entry = "\(path)[\(index)]"
            guard let id = item.string.flatMap(OrganizationID.init) else {
                faults.add(Self.notAnID(entry))
                continue
            }
            guard !ids.contains(id) else {
                faults.add(
                    entry, "organization.named-twice", "Tổ chức đảng này đã được nêu.",
                    "This organisation is named already.")
                continue
            }
            ids.append(id)
            organizations.append(Submission.NamedOrganization(id: id, field: entry))
        }
        // An empty list is as good as none.
        if !ids.isEmpty { values[field.name] = .array(ids.map { .string("\($0)") }) }
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
