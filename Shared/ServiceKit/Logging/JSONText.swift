/// Writes JSON strings without building an object tree.
enum JSONText {
    /// Appends a text as a JSON string, quoted and escaped.
    static func append(_ text: String, to line: inout String) {
        line.append("\"")
        defer { line.append("\"") }
        guard text.utf8.contains(where: needsCare) else {
            line += text
            return
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case "\u{0}"..."\u{1F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: line.unicodeScalars.append(scalar)
            }
        }
    }

    /// Control characters, what JSON escapes, and the first byte of the two separators of lines.
    private static func needsCare(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0xE2
    }
}
