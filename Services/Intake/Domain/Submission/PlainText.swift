import Foundation

/// Text that people typed, as it is kept and printed.
enum PlainText {
    /// Composed letters (NFC), without white space at both ends.
    static func normalized(_ text: String) -> String {
        text.precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Whether every character can stand on paper. Format characters can turn the order of a line around and make it
    /// say something else than it shows.
    static func isPrintable(_ text: String, allowsLines: Bool = true) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control: allowsLines && (scalar == "\n" || scalar == "\t" || scalar == "\r")
            case .format, .surrogate, .privateUse, .unassigned: false
            case .lineSeparator, .paragraphSeparator: allowsLines
            default: true
            }
        }
    }
}
