import Foundation

/// Writes ASN.1 in its distinguished encoding (X.690), as far as signatures need it.
enum DER {
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag] + length(content.count) + content }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, Array(parts.joined())) }

    /// A SET OF: its elements stand in the order of their encodings.
    static func set(_ elements: [[UInt8]]) -> [UInt8] { element(0x31, sorted(elements)) }

    static func octetString(_ bytes: [UInt8]) -> [UInt8] { element(0x04, bytes) }

    static let null: [UInt8] = [0x05, 0x00]

    /// A non-negative number below 128.
    static func smallInteger(_ value: UInt8) -> [UInt8] { [0x02, 0x01, value & 0x7f] }

    /// A non-negative number, most significant byte first.
    static func unsignedInteger(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        guard let first = digits.first else { return smallInteger(0) }
        return element(0x02, first < 0x80 ? digits : [0] + digits)
    }

    /// A tagged value `[number]`, constructed.
    static func context(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { element(0xa0 | number, content) }

    /// Elements of a SET OF in their order, without tag and length.
    static func sorted(_ elements: [[UInt8]]) -> [UInt8] {
        Array(elements.sorted { $0.lexicographicallyPrecedes($1) }.joined())
    }

    /// A time in UTC to the second: UTCTime until 2049, GeneralizedTime after (RFC 5652, 11.3).
    static func time(_ date: Date) -> [UInt8] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        let rest = [parts.month, parts.day, parts.hour, parts.minute, parts.second]
            .map { twoDigits($0 ?? 0) }.joined()
        let year = parts.year ?? 0
        guard (1950..<2050).contains(year) else {
            return element(0x18, Array("\(twoDigits(year / 100))\(twoDigits(year % 100))\(rest)Z".utf8))
        }
        return element(0x17, Array("\(twoDigits(year % 100))\(rest)Z".utf8))
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func length(_ count: Int) -> [UInt8] {
        guard count >= 0x80 else { return [UInt8(count)] }
        var bytes: [UInt8] = []
        var rest = count
        while rest > 0 {
            bytes.insert(UInt8(rest & 0xff), at: 0)
            rest >>= 8
        }
        return [0x80 | UInt8(bytes.count)] + bytes
    }
}

/// Object identifiers, already encoded.
enum ObjectIdentifier {
    /// 1.2.840.113549.1.7.1
    static let data: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01]
    /// 1.2.840.113549.1.7.2
    static let signedData: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02]
    /// 1.2.840.113549.1.9.3
    static let contentType: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03]
    /// 1.2.840.113549.1.9.4
    static let messageDigest: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04]
    /// 1.2.840.113549.1.9.5
    static let signingTime: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05]
    /// 1.2.840.113549.1.9.16.2.47
    static let signingCertificateV2: [UInt8] = [
        0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f,
    ]
    /// 1.2.840.113549.1.9.16.2.14
    static let signatureTimeStamp: [UInt8] = [
        0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0e,
    ]
    /// 2.16.840.1.101.3.4.2.1
    static let sha256: [UInt8] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]
    /// 1.2.840.113549.1.1.1
    static let rsaEncryption: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]
    /// 1.2.840.10045.4.3.2
    static let ecdsaWithSHA256: [UInt8] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]
}
