/// Turns the label of a swift-metrics metric into a name that Prometheus and its linter accept.
enum MetricName {
    /// What kind of metric a name is for; counters end in `_total`, nothing else may.
    enum Kind: String {
        case counter, gauge, histogram
    }

    static func name(of label: String, kind: Kind, unit: String? = nil) -> String {
        var name = sanitized(label)
        for suffix in ["_total", "_count", "_sum", "_bucket", "_counter", "_gauge", "_histogram"] {
            while name.hasSuffix(suffix), name.count > suffix.count { name.removeLast(suffix.count) }
        }
        for (abbreviation, full) in [("_ms", ""), ("_ns", ""), ("_sec", "_seconds"), ("_milliseconds", "")]
        where name.hasSuffix(abbreviation) {
            name = name.dropLast(abbreviation.count) + full
        }
        if let unit, !name.hasSuffix("_" + unit) { name += "_" + unit }
        if kind == .counter { name += "_total" }
        return name
    }

    /// Letters, digits and single underscores in lower case, not starting with a digit.
    static func sanitized(_ label: String) -> String {
        var name = ""
        var previous: Character = "_"
        for character in label {
            if character.isASCII, character.isLetter || character.isNumber {
                if character.isUppercase, previous.isLowercase || previous.isNumber { name += "_" }
                name += character.lowercased()
            } else if name.last != "_", !name.isEmpty {
                name += "_"
            }
            previous = character
        }
        while name.last == "_" { name.removeLast() }
        guard let first = name.first else { return "unnamed" }
        return first.isNumber ? "n" + name : name
    }

    /// A label value as the text format writes it.
    static func escaped(_ value: String) -> String {
        guard value.contains(where: { $0 == "\\" || $0 == "\"" || $0.isNewline }) else { return value }
        return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\r\n", with: "\\n")
            .replacing("\n", with: "\\n").replacing("\r", with: "\\n")
    }
}
