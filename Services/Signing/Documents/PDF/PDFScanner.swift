import Trust

/// Reads PDF values from bytes.
struct PDFScanner {
    private static let deepest = 32

    let bytes: [UInt8]
    var position: Int

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    private var current: UInt8? { bytes.indices.contains(position) ? bytes[position] : nil }

    /// Goes over blanks, line ends and comments.
    mutating func skipBlanks() {
        while let byte = current {
            if byte == UInt8(ascii: "%") {
                while let byte = current, byte != 0x0a, byte != 0x0d { position += 1 }
            } else if Self.isBlank(byte) {
                position += 1
            } else {
                return
            }
        }
    }

    /// Goes over a keyword when it stands here.
    mutating func take(_ keyword: String) -> Bool {
        skipBlanks()
        let expected = Array(keyword.utf8)
        guard position + expected.count <= bytes.count,
            bytes[position..<position + expected.count].elementsEqual(expected)
        else { return false }
        position += expected.count
        return true
    }

    /// A whole number without a sign.
    mutating func wholeNumber() throws(PDFError) -> Int {
        skipBlanks()
        var digits = ""
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), digits.count < 15 {
            digits.unicodeScalars.append(UnicodeScalar(byte))
            position += 1
        }
        guard let value = Int(digits) else { throw PDFError(.malformed, "a number is missing at \(position)") }
        return value
    }

    mutating func value(depth: Int = 0) throws(PDFError) -> PDFValue {
        guard depth < Self.deepest else { throw PDFError(.malformed, "values are nested too deeply") }
        skipBlanks()
        guard let byte = current else { throw PDFError(.malformed, "the file ends within a value") }
        switch byte {
        case UInt8(ascii: "/"): return .name(try nameText())
        case UInt8(ascii: "("): return .string(try literalString())
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "<"):
            return take("<<") ? .dictionary(try dictionary(depth: depth)) : .string(try hexString())
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return referenceOrNumber()
        default:
            if take("true") { return .boolean(true) }
            if take("false") { return .boolean(false) }
            if take("null") { return .null }
            throw PDFError(.malformed, "no value stands at \(position)")
        }
    }

    private mutating func array(depth: Int) throws(PDFError) -> [PDFValue] {
        position += 1
        var values: [PDFValue] = []
        while !take("]") { values.append(try value(depth: depth + 1)) }
        return values
    }

    private mutating func dictionary(depth: Int) throws(PDFError) -> PDFDictionary {
        var dictionary = PDFDictionary()
        while !take(">>") {
            guard current == UInt8(ascii: "/") else {
                throw PDFError(.malformed, "a dictionary's key is missing at \(position)")
            }
            let key = try nameText()
            // Readers disagree on which of two equal keys counts: a classic way to show one thing and sign another.
            guard dictionary[key] == nil else { throw PDFError(.malformed, "the key /\(key) stands twice") }
            dictionary[key] = try value(depth: depth + 1)
        }
        return dictionary
    }

    private mutating func nameText() throws(PDFError) -> String {
        position += 1
        let start = position
        while let byte = current, !Self.isBlank(byte), !Self.isDelimiter(byte) { position += 1 }
        guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
            throw PDFError(.malformed, "a name at \(start) is not text")
        }
        return text
    }

    private mutating func referenceOrNumber() -> PDFValue {
        let start = position
        if let number = try? wholeNumber(), let generation = try? wholeNumber(), take("R"),
            current.map({ Self.isBlank($0) || Self.isDelimiter($0) }) ?? true
        {
            return .reference(PDFReference(number: number, generation: generation))
        }
        position = start
        while let byte = current, !Self.isBlank(byte), !Self.isDelimiter(byte) { position += 1 }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func hexString() throws(PDFError) -> [UInt8] {
        position += 1
        var digits = ""
        while let byte = current, byte != UInt8(ascii: ">") {
            if !Self.isBlank(byte) { digits.unicodeScalars.append(UnicodeScalar(byte)) }
            position += 1
        }
        position += 1
        guard let bytes = [UInt8](hex: digits.count % 2 == 0 ? digits : digits + "0"), position <= self.bytes.count
        else {
            throw PDFError(.malformed, "a hexadecimal string is damaged")
        }
        return bytes
    }

    private mutating func literalString() throws(PDFError) -> [UInt8] {
        position += 1
        var result: [UInt8] = []
        var open = 1
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "("): open += 1
            case UInt8(ascii: ")"): open -= 1
            case UInt8(ascii: "\\"):
                result.append(contentsOf: escaped())
                continue
            default: break
            }
            if open == 0 { return result }
            result.append(byte)
        }
        throw PDFError(.malformed, "a string does not end")
    }

    /// What an escape after the backslash means (7.3.4.2).
    private mutating func escaped() -> [UInt8] {
        guard let byte = current else { return [] }
        if let octal = octal() { return [octal] }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case 0x0a: return []
        case 0x0d:
            if current == 0x0a { position += 1 }
            return []
        default: return [byte]
        }
    }

    private mutating func octal() -> UInt8? {
        var value = 0
        var digits = 0
        while digits < 3, let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) {
            value = value * 8 + Int(byte - UInt8(ascii: "0"))
            digits += 1
            position += 1
        }
        return digits > 0 ? UInt8(value & 0xff) : nil
    }

    static func isBlank(_ byte: UInt8) -> Bool { [0x00, 0x09, 0x0a, 0x0c, 0x0d, 0x20].contains(byte) }

    static func isDelimiter(_ byte: UInt8) -> Bool { "()<>[]{}/%".utf8.contains(byte) }
}
