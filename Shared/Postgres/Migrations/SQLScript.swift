/// Cuts a text of SQL into its statements.
enum SQLScript {
    /// The statements without the semicolons, empty ones left out.
    static func statements(_ text: String) -> [String] {
        var scanner = Scanner(bytes: Array(text.utf8))
        return scanner.statements()
    }

    /// The name of the index that a `CREATE INDEX CONCURRENTLY` makes, as it is written; nil for anything else.
    static func concurrentIndex(_ statement: String) -> String? {
        let words = withoutComments(statement).split(whereSeparator: { $0.isWhitespace || $0 == "(" }).map(String.init)
        let lower = words.map { $0.lowercased() }
        var next = 1
        guard lower.first == "create" else { return nil }
        if lower.dropFirst(next).first == "unique" { next += 1 }
        guard lower.dropFirst(next).starts(with: ["index", "concurrently"]) else { return nil }
        next += 2
        if lower.dropFirst(next).starts(with: ["if", "not", "exists"]) { next += 3 }
        guard next < words.count, lower[next] != "on" else { return nil }
        return words[next]
    }

    private static func withoutComments(_ statement: String) -> String {
        statement.split(whereSeparator: \.isNewline).filter { !$0.drop(while: \.isWhitespace).hasPrefix("--") }
            .joined(separator: "\n")
    }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0
        var start = 0
        var hasContent = false
        var found: [String] = []

        mutating func statements() -> [String] {
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: ";"):
                    cut()
                    position += 1
                    start = position
                case UInt8(ascii: "'"): skipQuoted(UInt8(ascii: "'"), escapes: isEscapeString)
                case UInt8(ascii: "\""): skipQuoted(UInt8(ascii: "\""), escapes: false)
                case UInt8(ascii: "-") where starts("--"): skip(to: "\n")
                case UInt8(ascii: "/") where starts("/*"): skipComment()
                case UInt8(ascii: "$"): skipDollar()
                case let byte:
                    if byte > 32 { hasContent = true }
                    position += 1
                }
            }
            cut()
            return found
        }

        private mutating func cut() {
            if hasContent {
                let text = String(decoding: bytes[start..<position], as: UTF8.self)
                found.append(String(text.drop(while: \.isWhitespace)))
            }
            hasContent = false
        }

        private func starts(_ text: StaticString, at offset: Int? = nil) -> Bool {
            let offset = offset ?? position
            guard offset + text.utf8CodeUnitCount <= bytes.count else { return false }
            return text.withUTF8Buffer { bytes[offset..<offset + $0.count].elementsEqual($0) }
        }

        /// Whether the quote here belongs to E'...', where a backslash escapes.
        private var isEscapeString: Bool {
            guard position > start, bytes[position - 1] | 0x20 == UInt8(ascii: "e") else { return false }
            return position - 1 == start || !Self.isNamePart(bytes[position - 2])
        }

        private static func isNamePart(_ byte: UInt8) -> Bool {
            byte >= 128 || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }

        private mutating func skipQuoted(_ quote: UInt8, escapes: Bool) {
            hasContent = true
            position += 1
            while position < bytes.count {
                if escapes && bytes[position] == UInt8(ascii: "\\") {
                    position += 2
                } else if bytes[position] == quote {
                    position += 1
                    // A doubled quote stands for itself and does not end the text.
                    guard position < bytes.count, bytes[position] == quote else { return }
                    position += 1
                } else {
                    position += 1
                }
            }
        }

        private mutating func skip(to end: StaticString) {
            while position < bytes.count, !starts(end) { position += 1 }
            position = min(bytes.count, position + end.utf8CodeUnitCount)
        }

        private mutating func skipComment() {
            var depth = 0
            repeat {
                if starts("/*") {
                    depth += 1
                    position += 2
                } else if starts("*/") {
                    depth -= 1
                    position += 2
                } else {
                    position += 1
                }
            } while depth > 0 && position < bytes.count
            position = min(position, bytes.count)
        }

        /// Skips `$tag$ ... $tag$`; a lone dollar is a part of a name or of a parameter.
        private mutating func skipDollar() {
            hasContent = true
            var end = position + 1
            while end < bytes.count, Self.isNamePart(bytes[end]) { end += 1 }
            let isInName = position > start && Self.isNamePart(bytes[position - 1])
            let isTag = end < bytes.count && bytes[end] == UInt8(ascii: "$")
            let startsWithDigit = end > position + 1 && bytes[position + 1] <= UInt8(ascii: "9")
            guard isTag, !isInName, !startsWithDigit else {
                position += 1
                return
            }
            let tag = bytes[position...end]
            position = end + 1
            while position < bytes.count, !bytes[position...].starts(with: tag) { position += 1 }
            position = min(bytes.count, position + tag.count)
        }
    }
}
