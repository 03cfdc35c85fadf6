/// Reads XML as a bank writes it, token by token, without keeping what went before.
///
/// There is no document type and no entity but the five that XML has: with them a small file can mean a large one, or
/// another one. Prefixes of names are dropped.
struct StatementTokens {
    enum Token: Equatable {
        case start(String, attributes: [String: String])
        case end(String)
        case text(String)
    }

    /// Where the token before began.
    private(set) var place = (line: 1, column: 1)
    private var bytes: CountedBytes
    private var open: [String] = []
    private var seen = false
    private var closing: String?

    private static let deepest = 64

    init(_ bytes: CountedBytes) { self.bytes = bytes }

    /// The next token; nil at the end of a document whose elements are all closed.
    mutating func next() throws -> Token? {
        if let name = closing {
            closing = nil
            open.removeLast()
            return .end(name)
        }
        while true {
            place = (bytes.line, bytes.column)
            guard let byte = try bytes.peek() else {
                guard seen else { throw fault(.empty) }
                guard open.isEmpty else { throw fault(.xml) }
                return nil
            }
            guard byte == UInt8(ascii: "<") else {
                let text = try self.text(until: UInt8(ascii: "<"))
                if open.isEmpty {
                    guard text.allSatisfy(\.isWhitespace) else { throw fault(.xml) }
                    continue
                }
                return .text(text)
            }
            _ = try bytes.pop()
            switch try bytes.peek() {
            case UInt8(ascii: "?"): try instruction()
            case UInt8(ascii: "!"): if let text = try declaration() { return .text(text) }
            case UInt8(ascii: "/"): return try end()
            default: return try start()
            }
        }
    }

    private func fault(_ rule: SettlementFault.Rule) -> SettlementFault {
        SettlementFault(line: place.line, column: place.column, rule: rule)
    }

    private mutating func start() throws -> Token {
        guard !(open.isEmpty && seen), open.count < Self.deepest else { throw fault(.xml) }
        let full = try name()
        var attributes: [String: String] = [:]
        while true {
            try skipBlanks()
            switch try bytes.pop() {
            case UInt8(ascii: ">"): return opened(full, attributes)
            case UInt8(ascii: "/"):
                guard try bytes.pop() == UInt8(ascii: ">") else { throw fault(.xml) }
                closing = Self.local(full)
                return opened(full, attributes)
            case let byte?:
                let key = try name(startingWith: byte)
                try skipBlanks()
                guard try bytes.pop() == UInt8(ascii: "=") else { throw fault(.xml) }
                try skipBlanks()
                guard let quote = try bytes.pop(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
                    throw fault(.xml)
                }
                let value = try text(until: quote)
                guard try bytes.pop() == quote, attributes.updateValue(value, forKey: key) == nil else {
                    throw fault(.xml)
                }
            case nil: throw fault(.xml)
            }
        }
    }

    private mutating func opened(_ full: String, _ attributes: [String: String]) -> Token {
        seen = true
        open.append(full)
        return .start(Self.local(full), attributes: attributes)
    }

    private mutating func end() throws -> Token {
        _ = try bytes.pop()
        let full = try name()
        try skipBlanks()
        guard try bytes.pop() == UInt8(ascii: ">"), open.popLast() == full else { throw fault(.xml) }
        return .end(Self.local(full))
    }

    /// `<?xml …?>` and its like; another encoding than UTF-8 is refused.
    private mutating func instruction() throws {
        let content = try raw(until: "?>")
        guard content.hasPrefix("?xml "), let given = content.split(separator: "encoding=").dropFirst().first else {
            return
        }
        guard given.dropFirst().lowercased().hasPrefix("utf-8") else { throw fault(.encoding) }
    }

    /// A comment is skipped, the text of a CDATA section is the answer, anything else is refused.
    private mutating func declaration() throws -> String? {
        _ = try bytes.pop()
        switch try bytes.peek() {
        case UInt8(ascii: "-"):
            guard try raw(until: "-->").hasPrefix("--") else { throw fault(.xml) }
            return nil
        case UInt8(ascii: "["):
            let content = try raw(until: "]]>")
            guard content.hasPrefix("[CDATA["), !open.isEmpty else { throw fault(.xml) }
            return String(content.dropFirst(7))
        default: throw fault(.entity)
        }
    }

    /// Everything before the mark; the mark is taken.
    private mutating func raw(until mark: String) throws -> String {
        let mark = Array(mark.utf8)
        var content: [UInt8] = []
        while !content.suffix(mark.count).elementsEqual(mark) {
            guard let byte = try bytes.pop() else { throw fault(.xml) }
            content.append(byte)
            guard content.count <= CountedBytes.longest else { throw fault(.tooLong) }
        }
        return try decoded(content.dropLast(mark.count))
    }

    /// Text with its references resolved, up to the byte, which stays.
    private mutating func text(until stop: UInt8) throws -> String {
        var content: [UInt8] = []
        while let byte = try bytes.peek(), byte != stop {
            if byte == UInt8(ascii: "&") {
                content += try reference().utf8
            } else {
                guard byte != UInt8(ascii: "<") else { throw fault(.xml) }
                content.append(byte)
                _ = try bytes.pop()
            }
            guard content.count <= CountedBytes.longest else { throw fault(.tooLong) }
        }
        return try decoded(content)
    }

    private mutating func reference() throws -> String {
        place = (bytes.line, bytes.column)
        var name: [UInt8] = []
        _ = try bytes.pop()
        while let byte = try bytes.pop(), byte != UInt8(ascii: ";") {
            name.append(byte)
            guard name.count <= 10 else { throw fault(.entity) }
        }
        switch String(decoding: name, as: UTF8.self) {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case let number where number.hasPrefix("#"):
            let isHexadecimal = number.hasPrefix("#x")
            let value = UInt32(number.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10)
            guard let scalar = value.flatMap(Unicode.Scalar.init), scalar.value > 0 else { throw fault(.entity) }
            return String(scalar)
        default: throw fault(.entity)
        }
    }

    private func decoded(_ content: some Collection<UInt8>) throws -> String {
        guard let text = String(validating: content, as: UTF8.self) else { throw fault(.encoding) }
        return text
    }

    private mutating func name(startingWith first: UInt8? = nil) throws -> String {
        var name = [first].compactMap { $0 }
        while let byte = try bytes.peek(), Self.isOfName(byte) {
            name.append(byte)
            _ = try bytes.pop()
            guard name.count <= 200 else { throw fault(.tooLong) }
        }
        guard !name.isEmpty, name.allSatisfy(Self.isOfName) else { throw fault(.xml) }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private static func local(_ name: String) -> String { name.split(separator: ":").last.map(String.init) ?? name }

    private mutating func skipBlanks() throws {
        while let byte = try bytes.peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { _ = try bytes.pop() }
    }
}
