import Contracts

/// Reads the parts of a policy document and collects what is wrong with each of them.
///
/// A part that is absent was named by the object around it; reading it is no second fault.
struct PolicyReader {
    /// The largest amount of a policy, in đồng: the shares of all amounts are computed within 64 bits.
    static let largestAmount: Int64 = 1_000_000_000

    private(set) var faults: [InvalidValue] = []

    /// The parts of an object. A name that it does not know is a fault: a misspelt one must not be passed over.
    mutating func object(
        _ value: JSONValue?, at place: String, required: [String], optional: [String] = []
    ) -> [String: JSONValue] {
        guard let value else { return [:] }
        guard let object = value.object else {
            add(place, "policy.form", "Phải là một đối tượng JSON.", "It must be a JSON object.")
            return [:]
        }
        for name in required where object[name] == nil {
            missing(Self.place(place, name))
        }
        let known = Set(required + optional)
        for name in object.keys.sorted() where !known.contains(name) {
            add(Self.place(place, name), "policy.unknown", "Không có mục nào tên này.", "There is no such name.")
        }
        return object
    }

    /// What is read of each element of a list that must not be empty.
    mutating func list<Part>(
        _ value: JSONValue?, at place: String, _ read: (inout PolicyReader, JSONValue, String) -> Part?
    ) -> [Part] {
        guard let value else { return [] }
        guard let elements = value.array, !elements.isEmpty else {
            add(place, "policy.empty", "Phải là danh sách không rỗng.", "It must be a list that is not empty.")
            return []
        }
        var parts: [Part] = []
        for (index, element) in elements.enumerated() {
            if let part = read(&self, element, "\(place)[\(index)]") { parts.append(part) }
        }
        return parts
    }

    /// One line of text.
    mutating func line(_ value: JSONValue?, at place: String) -> String? {
        guard let value else { return nil }
        guard let text = value.string, (1...200).contains(text.count), text.contains(where: { !$0.isWhitespace }),
            !text.contains(where: \.isNewline)
        else {
            add(
                place, "policy.line", "Phải là một dòng từ 1 đến 200 ký tự.",
                "It must be one line of 1 to 200 characters."
            )
            return nil
        }
        return text
    }

    /// One of the words of an enumeration.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ value: JSONValue?, at place: String, as type: Word.Type = Word.self
    ) -> Word? where Word.RawValue == String {
        guard let value else { return nil }
        if let word = value.string.flatMap(Word.init) { return word }
        let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
        add(place, "policy.word", "Phải là một trong: \(words).", "It must be one of: \(words).")
        return nil
    }

    mutating func month(_ value: JSONValue?, at place: String) -> DuesMonth? {
        guard let value else { return nil }
        do {
            return try DuesMonth(checking: value.string ?? "", field: place)
        } catch {
            faults.append(error)
            return nil
        }
    }

    mutating func integer(_ value: JSONValue?, at place: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value else { return nil }
        if let number = value.integer, range.contains(number) { return number }
        let (low, high) = (range.lowerBound, range.upperBound)
        add(
            place, "policy.range", "Phải là số nguyên từ \(low) đến \(high).",
            "It must be a whole number from \(low) to \(high).")
        return nil
    }

    mutating func amount(_ value: JSONValue?, at place: String, least: Int64 = 0) -> Dong? {
        integer(value, at: place, in: least...Self.largestAmount).map(Dong.init)
    }

    mutating func share(_ value: JSONValue?, at place: String) -> BasisPoints? {
        integer(value, at: place, in: 0...10_000).flatMap { try? BasisPoints(Int($0)) }
    }

    mutating func flag(_ value: JSONValue?, at place: String) -> Bool? {
        guard let value else { return nil }
        if let flag = value.bool { return flag }
        add(place, "policy.form", "Phải là true hoặc false.", "It must be true or false.")
        return nil
    }

    /// A value whose own rules look at several parts at once.
    mutating func value<Value>(_ make: () throws(PolicyFaults) -> Value) -> Value? {
        do {
            return try make()
        } catch {
            faults += error.faults
            return nil
        }
    }

    mutating func missing(_ place: String) { add(place, "policy.missing", "Thiếu mục này.", "It is missing.") }

    mutating func add(_ place: String, _ rule: String, _ vietnamese: String, _ english: String) {
        faults.append(InvalidValue(field: place, rule: rule, vietnamese: vietnamese, english: english))
    }

    private static func place(_ place: String, _ name: String) -> String { place == "$" ? name : "\(place).\(name)" }
}
