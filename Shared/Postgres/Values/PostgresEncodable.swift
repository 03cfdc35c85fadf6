/// A type whose values can be bound to a statement.
public protocol PostgresEncodable: Sendable {
    /// The value for the wire.
    var postgresValue: PostgresValue { get }

    /// The PostgreSQL type of every value of this type.
    ///
    /// A NULL and an empty array have no value to ask, so a type of one's own should state it; otherwise the server
    /// infers it from the statement.
    static var postgresType: PostgresType { get }

    /// The value of a whole array; the default writes an array of `postgresType`.
    static func postgresArray(_ elements: [Self]) -> PostgresValue

    /// The type of a whole array.
    static var postgresArrayType: PostgresType { get }
}

extension PostgresEncodable {
    public static var postgresType: PostgresType { .unspecified }
    public static var postgresArrayType: PostgresType { postgresType.array ?? .unspecified }
    public static func postgresArray(_ elements: [Self]) -> PostgresValue {
        PostgresValue.array(elements.map { $0.postgresValue }, of: postgresType)
    }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    public var postgresValue: PostgresValue { rawValue.postgresValue }
    public static var postgresType: PostgresType { RawValue.postgresType }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public var postgresValue: PostgresValue { self?.postgresValue ?? .null(Wrapped.postgresType) }
    public static var postgresType: PostgresType { Wrapped.postgresType }
}

extension Array: PostgresEncodable where Element: PostgresEncodable {
    public var postgresValue: PostgresValue { Element.postgresArray(self) }
    public static var postgresType: PostgresType { Element.postgresArrayType }
}

extension PostgresValue {
    /// An array in binary form, or in text form when its elements have no binary one.
    static func array(_ elements: [PostgresValue], of declared: PostgresType) -> PostgresValue {
        let element = declared == .unspecified ? (elements.first { !$0.isNull }?.type ?? declared) : declared
        guard let type = element.array else {
            return elements.isEmpty ? .text("{}") : .invalid("there is no array of \(element)")
        }
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Int32(elements.isEmpty ? 0 : 1))
        bytes.appendBigEndian(Int32(elements.contains(where: \.isNull) ? 1 : 0))
        bytes.appendBigEndian(element.rawValue)
        if !elements.isEmpty {
            bytes.appendBigEndian(Int32(clamping: elements.count))
            bytes.appendBigEndian(Int32(1))
        }
        for value in elements {
            if value.isNull {
                bytes.appendBigEndian(Int32(-1))
                continue
            }
            let lengthAt = bytes.count
            bytes.appendBigEndian(Int32(0))
            guard value.type == element, value.appendBinary(to: &bytes) else {
                return .invalid("an element of type \(value.type) cannot stand in an array of \(element)")
            }
            let length = UInt32(truncatingIfNeeded: bytes.count - lengthAt - 4)
            for shift in 0..<4 { bytes[lengthAt + shift] = UInt8(truncatingIfNeeded: length >> (24 - 8 * shift)) }
        }
        return PostgresValue(type, .binary(bytes))
    }
}
