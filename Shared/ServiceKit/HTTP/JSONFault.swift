/// Where a text stops being JSON (RFC 8259).
///
/// Foundation only says that a body is not valid; the person who wrote it needs the place. It runs on bodies that
/// Foundation has already refused.
struct JSONFault: Equatable {
    /// From 1.
    var line: Int
    /// In bytes, from 1.
    var column: Int

    /// The first fault, or nothing when the text is JSON.
    static func first(in bytes: [UInt8]) -> JSONFault? {
        var scanner = JSONScanner(bytes: bytes)
        guard !scanner.document() else { return nil }
        let before = bytes[..<min(scanner.position, bytes.count)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return JSONFault(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: before.endIndex - lineStart + 1)
    }
}

/// Reads JSON without keeping it; each part answers whether it was there and leaves the position at the fault if not.
private struct JSONScanner {
    let bytes: [UInt8]
    var position = 0
    private var depth = 0

    /// As deep as Foundation goes.
    private static let maximumDepth = 512

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() -> Bool {
        guard value() else { return false }
        skipBlanks()
        return position == bytes.count
    }

    private mutating func value() -> Bool {
        skipBlanks()
        guard position < bytes.count else { return false }
        switch bytes[position] {
        case UInt8(ascii: "{"): return container(end: UInt8(ascii: "}")) { $0.member() }
        case UInt8(ascii: "["): return container(end: UInt8(ascii: "]")) { $0.value() }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func container(end: UInt8, _ element: (inout JSONScanner) -> Bool) -> Bool {
        guard depth < Self.maximumDepth else { return false }
        depth += 1
        defer { depth -= 1 }
        position += 1
        if takes(end) { return true }
        repeat {
            guard element(&self) else { return false }
        } while takes(UInt8(ascii: ","))
        return takes(end)
    }

    private mutating func member() -> Bool {
        skipBlanks()
        return string() && takes(UInt8(ascii: ":")) && value()
    }

    private mutating func string() -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return false }
        let start = position
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                let isText = String(validating: bytes[(start + 1)..<(position - 1)], as: UTF8.self) != nil
                if !isText { position = start }
                return isText
            case UInt8(ascii: "\\"):
                guard escape() else { return false }
            case 0..<0x20: return false
            default: position += 1
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        guard position + 1 < bytes.count else { return false }
        guard bytes[position + 1] == UInt8(ascii: "u") else {
            guard "\"\\/bfnrt".utf8.contains(bytes[position + 1]) else { return false }
            position += 2
            return true
        }
        let digits = bytes[(position + 2)...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return false }
        position += 6
        return true
    }

    private mutating func number() -> Bool {
        let start = position
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        guard digits() else { return false }
        if bytes[firstDigit] == UInt8(ascii: "0"), position > firstDigit + 1 {
            position = start
            return false
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard digits() else { return false }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, "+-".utf8.contains(bytes[position]) { position += 1 }
            guard digits() else { return false }
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = position
        while position < bytes.count, (48...57).contains(bytes[position]) { position += 1 }
        return position > start
    }

    private mutating func word(_ word: String) -> Bool {
        for byte in word.utf8 {
            guard position < bytes.count, bytes[position] == byte else { return false }
            position += 1
        }
        return true
    }

    private mutating func takes(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }
}
