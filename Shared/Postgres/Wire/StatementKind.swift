/// What a statement is by its first word; enough to know how to send it and what losing it means.
enum StatementKind: Equatable {
    /// Reads, as far as its text shows.
    case read
    /// Writes, or may.
    case write
    case copy
    case commit
    /// BEGIN, ROLLBACK, SAVEPOINT and the like: losing it leaves nothing behind.
    case control
    /// DDL, SET and the rest, which gain nothing from being prepared.
    case utility

    init(_ text: String) {
        switch Self.firstWord(text) {
        case "select", "values", "table", "show", "explain": self = .read
        case "insert", "update", "delete", "merge", "with": self = .write
        case "copy": self = .copy
        case "commit", "end", "prepare": self = .commit
        case "begin", "start", "rollback", "abort", "savepoint", "release": self = .control
        default: self = .utility
        }
    }

    /// Whether it is planned, so that keeping the plan pays.
    func isPrepared(_ text: String) -> Bool {
        switch self {
        case .write: true
        case .read: !["show", "explain"].contains(Self.firstWord(text))
        default: false
        }
    }

    /// Whether running it outside a transaction may have changed something.
    var mayWrite: Bool { self == .write || self == .utility || self == .copy }

    /// The first word in lower case, after blanks, comments and opening parentheses.
    static func firstWord(_ text: String) -> String {
        var bytes = text.utf8[...]
        while let byte = bytes.first {
            if byte <= 32 || byte == UInt8(ascii: "(") {
                bytes = bytes.dropFirst()
            } else if bytes.starts(with: "--".utf8) {
                bytes = bytes.drop { $0 != UInt8(ascii: "\n") }
            } else if bytes.starts(with: "/*".utf8) {
                bytes = afterComment(bytes)
            } else {
                break
            }
        }
        let word = bytes.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
        return String(decoding: word.map { $0 | 0x20 }, as: UTF8.self)
    }

    /// What follows a comment; comments nest in SQL.
    private static func afterComment(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var rest = text.dropFirst(2)
        var depth = 1
        while depth > 0, !rest.isEmpty {
            if rest.starts(with: "/*".utf8) {
                depth += 1
                rest = rest.dropFirst(2)
            } else if rest.starts(with: "*/".utf8) {
                depth -= 1
                rest = rest.dropFirst(2)
            } else {
                rest = rest.dropFirst()
            }
        }
        return rest
    }
}
