import Foundation

/// Reads what an officer writes.
enum BoxText {
    /// How long a text may be, in characters.
    static let longest = 2_000

    /// The text in composed form without blanks around it; nil when there is none.
    static func checked(_ text: String?) throws(Refusal) -> String? {
        guard let text else { return nil }
        let composed = text.precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !composed.isEmpty else { return nil }
        guard composed.count <= longest else { throw .textTooLong }
        guard composed.unicodeScalars.allSatisfy(isPrintable) else { throw .textUnprintable }
        return composed
    }

    /// The standard text of an action with its places filled in; what is filled in is not read again.
    static func filled(_ template: String, _ values: [String: String]) -> String {
        var text = ""
        var rest = template[...]
        while let opening = rest.firstIndex(of: "{"), let closing = rest[opening...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: opening)..<closing])
            text += rest[..<opening]
            text += values[name] ?? String(rest[opening...closing])
            rest = rest[rest.index(after: closing)...]
        }
        return text + rest
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control: scalar == "\n"
        case .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        // Characters that turn the direction of the text could make a letter read differently.
        case .format: false
        default: true
        }
    }
}
