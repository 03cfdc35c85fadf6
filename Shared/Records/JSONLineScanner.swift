/// Finds the values of one line with a flat JSON object (RFC 8259): texts, numbers, truth values and null.
struct JSONLineScanner {
    /// A value: where it stands in the text, or, where it has escapes, what it is.
    enum Value {
        case place(Range<Int>)
        case plain([UInt8])
        case absent
    }

    struct Fault: Error {
        let rule: RecordFault.Rule
    }

    private let text: UnsafeBufferPointer<UInt8>
    private let end: Int
    private var index: Int

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C,
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]

    /// - Parameter line: the line without its line break.
    init(_ text: UnsafeBufferPointer<UInt8>, line: Range<Int>) {
        self.text = text
        index = line.lowerBound
        end = line.upperBound
    }

    /// Gives each name with its value, in the order of the line.
    mutating func scan(_ body: (_ name: Value, _ value: Value) throws(Fault) -> Void) throws(Fault) {
        try expect(UInt8(ascii: "{"))
        if next() == UInt8(ascii: "}") { index += 1 } else { try members(body) }
        guard next() == nil else { throw Fault(rule: .json) }
    }

    private mutating func members(_ body: (Value, Value) throws(Fault) -> Void) throws(Fault) {
        while true {
            guard next() == UInt8(ascii: "\"") else { throw Fault(rule: .json) }
            let name = try string()
            try expect(UInt8(ascii: ":"))
            try body(name, try value())
            if next() == UInt8(ascii: ",") {
                index += 1
            } else {
                return try expect(UInt8(ascii: "}"))
            }
        }
    }

    private mutating func value() throws(Fault) -> Value {
        switch next() {
        case UInt8(ascii: "\""): return try string()
        case UInt8(ascii: "{"), UInt8(ascii: "["): throw Fault(rule: .valueType)
        default: return try word()
        }
    }

    /// A number, true, false or null.
    private mutating func word() throws(Fault) -> Value {
        let start = index
        while index < end, !Self.endsWord(text[index]) { index += 1 }
        let word = String(decoding: text[start..<index], as: UTF8.self)
        switch word {
        case "null": return .absent
        case "true", "false": return .place(start..<index)
        default:
            guard let first = word.utf8.first, first == UInt8(ascii: "-") || first.isDigit, Double(word) != nil else {
                throw Fault(rule: .json)
            }
            return .place(start..<index)
        }
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}")
    }

    /// A text; the index stands at its first quote.
    private mutating func string() throws(Fault) -> Value {
        let start = index + 1
        index = start
        while index < end, text[index] != UInt8(ascii: "\""), text[index] != UInt8(ascii: "\\") { index += 1 }
        guard index < end else { throw Fault(rule: .json) }
        if text[index] == UInt8(ascii: "\"") {
            defer { index += 1 }
            return .place(start..<index)
        }
        return .plain(try escaped(Array(text[start..<index])))
    }

    /// The rest of a text whose first escape stands at the index.
    private mutating func escaped(_ before: [UInt8]) throws(Fault) -> [UInt8] {
        var plain = before
        while index < end, text[index] != UInt8(ascii: "\"") {
            guard text[index] == UInt8(ascii: "\\") else {
                plain.append(text[index])
                index += 1
                continue
            }
            guard index + 1 < end else { throw Fault(rule: .json) }
            if let byte = Self.escapes[text[index + 1]] {
                plain.append(byte)
                index += 2
            } else {
                plain.append(contentsOf: String(Character(try scalar())).utf8)
            }
        }
        guard index < end else { throw Fault(rule: .json) }
        index += 1
        return plain
    }

    /// `\u0110`, or two of them for a character beyond the first plane.
    private mutating func scalar() throws(Fault) -> Unicode.Scalar {
        let first = try unit()
        guard UTF16.isLeadSurrogate(first) else {
            guard let scalar = Unicode.Scalar(first) else { throw Fault(rule: .json) }
            return scalar
        }
        let second = try unit()
        guard UTF16.isTrailSurrogate(second) else { throw Fault(rule: .json) }
        let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(value) else { throw Fault(rule: .json) }
        return scalar
    }

    private mutating func unit() throws(Fault) -> UInt16 {
        guard index + 6 <= end, text[index] == UInt8(ascii: "\\"), text[index + 1] == UInt8(ascii: "u"),
            let unit = UInt16(String(decoding: text[index + 2..<index + 6], as: UTF8.self), radix: 16)
        else { throw Fault(rule: .json) }
        index += 6
        return unit
    }

    /// The next byte that is no space.
    private mutating func next() -> UInt8? {
        while index < end, text[index] == 0x20 || text[index] == 0x09 || text[index] == 0x0D { index += 1 }
        return index < end ? text[index] : nil
    }

    private mutating func expect(_ byte: UInt8) throws(Fault) {
        guard next() == byte else { throw Fault(rule: .json) }
        index += 1
    }
}
