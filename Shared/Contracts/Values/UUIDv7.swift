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
        UUID(uuid: withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { $0.loadUnaligned(as: uuid_t.self) })
    }

    /// The id in Foundation's type, or nil when it is not of version 7.
    public init?(_ uuid: UUID) {
        let (high, low) = withUnsafeBytes(of: uuid.uuid) { $0.loadUnaligned(as: (UInt64, UInt64).self) }
        self.init(words: (UInt64(bigEndian: high), UInt64(bigEndian: low)))
    }

    /// The sixteen bytes, most significant first.
    public var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { [UInt8]($0) }
    }

    /// The id of sixteen bytes, or nil when they are not a UUID of version 7.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for byte in bytes { words = (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte)) }
        self.init(words: words)
    }

    /// The id of two numbers, the most significant first, or nil when they are not a UUID of version 7.
    public init?(words: (UInt64, UInt64)) {
        guard words.0 >> 12 & 0xF == 7, words.1 >> 62 == 2 else { return nil }
        self.init(high: words.0, low: words.1)
    }

    /// Reads the usual form of 36 characters; other versions of UUID are refused.
    public init?(_ description: String) {
        guard description.utf8.count == 36 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for (place, byte) in description.utf8.enumerated() {
            if Self.dashes.contains(place) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Hexadecimal.value(of: byte) else { return nil }
                words = (words.0 << 4 | words.1 >> 60, words.1 << 4 | UInt64(digit))
            }
        }
        self.init(words: words)
    }

    /// Where the dashes of the usual form stand.
    private static let dashes = [8, 13, 18, 23]

    /// The usual form in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for shift in stride(from: 124, through: 0, by: -4) {
                if Self.dashes.contains(place) {
                    text[place] = UInt8(ascii: "-")
                    place += 1
                }
                let word = shift >= 64 ? high >> UInt64(shift - 64) : low >> UInt64(shift)
                text[place] = Hexadecimal.digits[Int(word & 15)]
                place += 1
            }
            return place
        }
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

    /// What a digit of either case stands for.
    static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    /// The value as sixteen lower-case digits.
    static func text(_ value: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { text in
            for place in 0..<16 { text[place] = digits[Int(value >> UInt64(60 - 4 * place) & 15)] }
            return 16
        }
    }
}
