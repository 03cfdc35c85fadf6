public import Foundation

/// An identifier that sorts by the millisecond it was made (UUID version 7, RFC 9562).
public struct UUIDv7: Hashable, Comparable, Sendable, Codable, LosslessStringConvertible {
    private let high: UInt64
    private let low: UInt64

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes an id of the moment, to the millisecond, and 74 of the given random bits.
    ///
    /// The low 12 bits of `random.0` come before the low 62 bits of `random.1` in the order of ids.
    public static func make(at date: Date, random: (UInt64, UInt64)) -> UUIDv7 {
        let milliseconds = UInt64(clamping: date.millisecondsSince1970) & 0xFFFF_FFFF_FFFF
        return UUIDv7(
            high: milliseconds << 16 | 0x7000 | random.0 & 0x0FFF,
            low: 0x8000_0000_0000_0000 | random.1 & 0x3FFF_FFFF_FFFF_FFFF)
    }

    /// The moment the id bears, to the millisecond.
    public var time: Date { Date(millisecondsSince1970: Int64(high >> 16)) }

    /// The same id as Foundation's type.
    public var uuid: UUID {
        let b = bytes
        return UUID(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
            ))
    }

    /// The id in Foundation's type, or nil when it is not of version 7.
    public init?(_ uuid: UUID) {
        self.init(bytes: withUnsafeBytes(of: uuid.uuid) { [UInt8]($0) })
    }

    /// The sixteen bytes, most significant first.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { [UInt8]($0) }
    }

    /// The id of sixteen bytes, or nil when they are not a UUID of version 7.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = bytes.dropFirst(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard high >> 12 & 0xF == 7, low >> 62 == 2 else { return nil }
        self.init(high: high, low: low)
    }

    /// Reads the usual form of 36 characters; other versions of UUID are refused.
    public init?(_ description: String) {
        guard description.utf8.count == 36, let uuid = UUID(uuidString: description) else { return nil }
        self.init(uuid)
    }

    /// The usual form in lower case.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(Hexadecimal.digits[Int(byte >> 4)])
            text.append(Hexadecimal.digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    public static func < (left: UUIDv7, right: UUIDv7) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = UUIDv7(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID of version 7")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

enum Hexadecimal {
    static let digits = [UInt8]("0123456789abcdef".utf8)

    static func isLowercase(_ byte: UInt8) -> Bool { byte.isASCIIDigit || (0x61...0x66).contains(byte) }

    /// The value as sixteen lower-case digits.
    static func text(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
