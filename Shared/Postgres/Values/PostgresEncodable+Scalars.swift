public import FoundationEssentials

extension Bool: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.bool, .bool(self)) }
    public static var postgresType: PostgresType { .bool }
}

extension Int16: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.int2, .int16(self)) }
    public static var postgresType: PostgresType { .int2 }
}

extension Int32: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.int4, .int32(self)) }
    public static var postgresType: PostgresType { .int4 }
}

extension Int64: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.int8, .int64(self)) }
    public static var postgresType: PostgresType { .int8 }
}

extension Int: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.int8, .int64(Int64(self))) }
    public static var postgresType: PostgresType { .int8 }
}

/// A transaction number, `xid8`: the only unsigned 64-bit type that PostgreSQL has.
extension UInt64: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.xid8, .int64(Int64(bitPattern: self))) }
    public static var postgresType: PostgresType { .xid8 }
}

/// A single byte is a `smallint`; an array of bytes is a `bytea`.
extension UInt8: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.int2, .int16(Int16(self))) }
    public static var postgresType: PostgresType { .int2 }
    public static var postgresArrayType: PostgresType { .bytea }
    public static func postgresArray(_ elements: [UInt8]) -> PostgresValue { PostgresValue(.bytea, .binary(elements)) }
}

extension Double: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.float8, .double(self)) }
    public static var postgresType: PostgresType { .float8 }
}

extension String: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.text, .string(self)) }
    public static var postgresType: PostgresType { .text }
}

extension Substring: PostgresEncodable {
    public var postgresValue: PostgresValue { String(self).postgresValue }
    public static var postgresType: PostgresType { .text }
}

extension Data: PostgresEncodable {
    public var postgresValue: PostgresValue { PostgresValue(.bytea, .binary([UInt8](self))) }
    public static var postgresType: PostgresType { .bytea }
}

extension UUID: PostgresEncodable {
    public var postgresValue: PostgresValue {
        PostgresValue(.uuid, .binary(withUnsafeBytes(of: uuid) { [UInt8]($0) }))
    }
    public static var postgresType: PostgresType { .uuid }
}

/// A moment, `timestamptz`, to the microsecond.
extension Date: PostgresEncodable {
    public var postgresValue: PostgresValue {
        let microseconds = (timeIntervalSinceReferenceDate + Timestamp.referenceSeconds) * 1_000_000
        guard let value = Int64(exactly: microseconds.rounded()), Timestamp.range.contains(value) else {
            return .invalid("the date is outside what timestamptz can hold")
        }
        return PostgresValue(.timestamptz, .int64(value))
    }
    public static var postgresType: PostgresType { .timestamptz }
}

/// What `timestamptz` is made of: microseconds since 2000-01-01 00:00 UTC.
enum Timestamp {
    /// Seconds from that moment to Foundation's reference date, 2001-01-01 (the year 2000 had 366 days).
    static let referenceSeconds: Double = 366 * 86_400
    /// The year 4713 BC to the year 294276; the two ends beyond are PostgreSQL's infinities.
    static let range: ClosedRange<Int64> = -211_813_488_000_000_000...9_223_371_331_199_999_999

    static func date(_ microseconds: Int64) -> Date? {
        guard range.contains(microseconds) else { return nil }
        // Whole seconds and the rest apart: a Double of microseconds would lose the last digits.
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Date(
            timeIntervalSinceReferenceDate: Double(seconds) - referenceSeconds + Double(rest) / 1_000_000)
    }
}
