/// The fields of a query string or a form, read strictly from the bytes that came in.
struct FormQuery: Sendable {
    struct Field: Sendable {
        let name: String
        let value: String
        /// `name=value` as it came in.
        let raw: ArraySlice<UInt8>
    }

    /// More than any form of a gateway has.
    private static let maximumFields = 64

    /// In the order in which they came.
    let fields: [Field]
    /// By the bytes of their names.
    private let sorted: [Field]

    /// Reads the fields; nil when an escape is broken, a text is no UTF-8, a name stands there twice, or there are more
    /// than 64.
    init?(_ bytes: [UInt8]) {
        var fields: [Field] = []
        fields.reserveCapacity(16)
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest[piece.endIndex...].dropFirst()
            if piece.isEmpty { continue }
            let end = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            guard fields.count < Self.maximumFields, let name = Self.decoded(piece[..<end]),
                let value = Self.decoded(piece[end...].dropFirst()), !fields.contains(where: { $0.name == name })
            else { return nil }
            fields.append(Field(name: name, value: value, raw: piece))
        }
        self.fields = fields
        sorted = fields.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The fields with a value, without the excluded ones, sorted by name, form-encoded and joined by `&`.
    func canonical(without excluded: Set<String>) -> [UInt8] {
        joined(without: excluded) { field, bytes in
            Self.encode(field.name, into: &bytes)
            bytes.append(UInt8(ascii: "="))
            Self.encode(field.value, into: &bytes)
        }
    }

    /// The same fields in the encoding in which they came.
    func asReceived(without excluded: Set<String>) -> [UInt8] {
        joined(without: excluded) { field, bytes in bytes += field.raw }
    }

    private func joined(without excluded: Set<String>, _ append: (Field, inout [UInt8]) -> Void) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1_024)
        for field in sorted where !field.value.isEmpty && !excluded.contains(field.name) {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
            append(field, &bytes)
        }
        return bytes
    }

    /// Letters, digits, `-`, `_`, `.` and `*` as they are, a space as `+`, all else escaped in capitals.
    static func encoded(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        encode(text, into: &bytes)
        return bytes
    }

    private static func encode(_ text: String, into bytes: inout [UInt8]) {
        if text.utf8.allSatisfy(isPlain) {
            bytes += text.utf8
            return
        }
        for byte in text.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else if byte == UInt8(ascii: " ") {
                bytes.append(UInt8(ascii: "+"))
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "*"):
            true
        default: false
        }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(validating: bytes, as: UTF8.self)
        }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): text.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
                else { return nil }
                text.append(high << 4 | low)
            default: text.append(byte)
            }
        }
        return String(validating: text, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
