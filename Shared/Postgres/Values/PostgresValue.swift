/// One parameter of a statement: its type and its bytes.
public struct PostgresValue: Sendable {
    enum Storage: Sendable {
        case null
        case bool(Bool)
        case int16(Int16)
        case int32(Int32)
        case int64(Int64)
        case double(Double)
        /// Text whose binary form is its UTF-8 bytes, so that no terminator can cut it short.
        case string(String)
        case binary([UInt8])
        /// A form that the server parses.
        case text(String)
        case invalid(String)
    }

    public let type: PostgresType
    let storage: Storage

    init(_ type: PostgresType, _ storage: Storage) {
        self.type = type
        self.storage = storage
    }

    /// NULL of a type.
    public static func null(_ type: PostgresType) -> PostgresValue { PostgresValue(type, .null) }

    /// A value in the text form that the server parses, for types without one in Swift (`interval`, an enumeration).
    public static func text(_ text: String, as type: PostgresType = .unspecified) -> PostgresValue {
        PostgresValue(type, .text(text))
    }

    /// A value in PostgreSQL's binary form.
    public static func binary(_ bytes: [UInt8], as type: PostgresType) -> PostgresValue {
        PostgresValue(type, .binary(bytes))
    }

    /// A value that cannot be expressed in PostgreSQL; the statement is refused before it is sent.
    public static func invalid(_ reason: String) -> PostgresValue { PostgresValue(.unspecified, .invalid(reason)) }

    public var isNull: Bool {
        if case .null = storage { true } else { false }
    }

    /// Appends the binary form; false when there is none (NULL, text form, invalid).
    func appendBinary(to bytes: inout [UInt8]) -> Bool {
        switch storage {
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .int16(let value): bytes.appendBigEndian(value)
        case .int32(let value): bytes.appendBigEndian(value)
        case .int64(let value): bytes.appendBigEndian(value)
        case .double(let value): bytes.appendBigEndian(value.bitPattern)
        case .string(let value): bytes.append(contentsOf: value.utf8)
        case .binary(let value): bytes.append(contentsOf: value)
        case .null, .text, .invalid: return false
        }
        return true
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
