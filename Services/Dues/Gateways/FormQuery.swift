/// The fields of a query string or a form, read strictly from the bytes that came in.
struct FormQuery: Sendable {
    struct Field: Sendable {
        let name: String
        let value: String
        /// `name=value` as it came in.
        let raw: ArraySlice<UInt8>
    }

    let fields: [Field]

    /// Reads the fields; nil when an escape is broken, a text is no UTF-8, or a name stands there twice.
    init?(_ bytes: [UInt8]) {
        var fields: [Field] = []
        var names: Set<String> = []
        for piece in bytes.split(separator: UInt8(ascii: "&")) {
            let end = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            guard let name = Self.decoded(piece[..<end]), let value = Self.decoded(piece[end...].dropFirst()),
                names.insert(name).inserted
            else { return nil }
            fields.append(Field(name: name, value: value, raw: piece))
        }
        self.fields = fields
    }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The fields with a value, without the excluded ones, sorted by name, form-encoded and joined by `&`.
    func canonical(without excluded: Set<String>) -> [UInt8] {
        joined(without: excluded) { Self.encoded($0.name) + [UInt8(ascii: "=")] + Self.encoded($0.value) }
    }

    /// The same fields in the encoding in which they came.
    func asReceived(without excluded: Set<String>) -> [UInt8] {
        joined(without: excluded) { Array($0.raw) }
    }

    private func joined(without excluded: Set<String>, _ text: (Field) -> [UInt8]) -> [UInt8] {
        Array(
            fields.filter { !$0.value.isEmpty && !excluded.contains($0.name) }
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                .map(text).joined(separator: [UInt8(ascii: "&")]))
    }

    /// Letters, digits, `-`, `_`, `.` and `*` as they are, a space as `+`, all else escaped in capitals.
    static func encoded(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "*"):
                bytes.append(byte)
            case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return bytes
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
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
