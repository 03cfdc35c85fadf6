/// Walks through JSON and refuses whatever two readers could take differently.
struct FlatJSONScanner {
    private static let maximumMembers = 64
    private static let maximumDepth = 16

    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The members of the object that is the whole text.
    mutating func object() throws(FlatJSON.Fault) -> [String: FlatJSON.Value] {
        var members: [String: FlatJSON.Value] = [:]
        try container(UInt8(ascii: "{"), UInt8(ascii: "}")) { (scanner) throws(FlatJSON.Fault) in
            let name = try scanner.name()
            let value = try scanner.value(depth: 1)
            guard members.updateValue(value, forKey: name) == nil else { throw .nameTwice }
            guard members.count <= Self.maximumMembers else { throw .tooManyMembers }
        }
        guard next() == nil else { throw .notJSON }
        return members
    }

    private mutating func container(
        _ begin: UInt8, _ end: UInt8, _ element: (inout FlatJSONScanner) throws(FlatJSON.Fault) -> Void
    ) throws(FlatJSON.Fault) {
        try expect(begin)
        if next() == end {
            index += 1
            return
        }
        try element(&self)
        while next() == UInt8(ascii: ",") {
            index += 1
            try element(&self)
        }
        try expect(end)
    }

    private mutating func name() throws(FlatJSON.Fault) -> String {
        let name = try string()
        try expect(UInt8(ascii: ":"))
        return name
    }

    private mutating func value(depth: Int) throws(FlatJSON.Fault) -> FlatJSON.Value {
        guard depth < Self.maximumDepth else { throw .tooDeep }
        switch next() {
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "{"):
            try container(UInt8(ascii: "{"), UInt8(ascii: "}")) { (scanner) throws(FlatJSON.Fault) in
                _ = try scanner.name()
                _ = try scanner.value(depth: depth + 1)
            }
            return .other
        case UInt8(ascii: "["):
            try container(UInt8(ascii: "["), UInt8(ascii: "]")) { (scanner) throws(FlatJSON.Fault) in
                _ = try scanner.value(depth: depth + 1)
            }
            return .other
        default: return try word()
        }
    }

    /// A number, true, false or null.
    private mutating func word() throws(FlatJSON.Fault) -> FlatJSON.Value {
        let start = index
        while index < bytes.count, Self.isOfWord(bytes[index]) { index += 1 }
        let word = String(decoding: bytes[start..<index], as: UTF8.self)
        switch word {
        case "null": return .null
        case "true", "false": return .other
        default:
            guard Self.isNumber(bytes[start..<index]) else { throw .notJSON }
            return .number(word)
        }
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        func digits() -> Int {
            let digits = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(digits)
            return digits
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole == 1 || (whole > 1 && !startsWithZero) else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    private mutating func string() throws(FlatJSON.Fault) -> String {
        try expect(UInt8(ascii: "\""))
        var text: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let read = String(validating: text, as: UTF8.self) else { throw .notJSON }
                return read
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0: throw .nul
            case 1..<0x20: throw .notJSON
            default: text.append(byte)
            }
        }
        throw .notJSON
    }

    /// What stands after a backslash.
    private mutating func escape(into text: inout [UInt8]) throws(FlatJSON.Fault) {
        guard index < bytes.count else { throw .notJSON }
        let kind = bytes[index]
        index += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += Array(String(Character(try scalar())).utf8)
        default: throw .notJSON
        }
    }

    /// `\u0110`, or two of them for a character beyond the first plane; the first `\u` is read already.
    private mutating func scalar() throws(FlatJSON.Fault) -> Unicode.Scalar {
        let first = try unit()
        guard first != 0 else { throw .nul }
        guard UTF16.isLeadSurrogate(first) else {
            guard let scalar = Unicode.Scalar(first) else { throw .notJSON }
            return scalar
        }
        guard bytes[index...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else { throw .notJSON }
        index += 2
        let second = try unit()
        guard UTF16.isTrailSurrogate(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw .notJSON }
        return scalar
    }

    private mutating func unit() throws(FlatJSON.Fault) -> UInt16 {
        let digits = bytes[index...].prefix(4)
        var unit: UInt16 = 0
        guard digits.count == 4 else { throw .notJSON }
        for digit in digits {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { throw .notJSON }
            unit = unit << 4 | UInt16(value)
        }
        index += 4
        return unit
    }

    /// The next byte that is no blank.
    private mutating func next() -> UInt8? {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
        return index < bytes.count ? bytes[index] : nil
    }

    private mutating func expect(_ byte: UInt8) throws(FlatJSON.Fault) {
        guard next() == byte else { throw .notJSON }
        index += 1
    }
}
