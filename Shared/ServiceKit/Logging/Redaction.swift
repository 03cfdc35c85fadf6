import Synchronization

/// Takes out of a text what no log, metric or parked reason may show: declared secrets and personal identifiers.
///
/// A personal identifier is a run of exactly 12 digits (số định danh cá nhân). It is a guard behind the rule that nobody
/// logs one, not a substitute for the rule.
public struct Redaction: Sendable {
    /// What stands in place of a personal identifier.
    public static let personalMark = "[personal id]"
    /// What stands in place of a secret.
    public static let secretMark = "[secret]"

    private let secrets: [[UInt8]]

    /// Knows the secrets; very short ones are left alone, they would tear up ordinary words.
    public init(secrets: [String] = []) {
        self.secrets = secrets.map { Array($0.utf8) }.filter { $0.count >= 6 }.sorted { $0.count > $1.count }
    }

    /// The redaction of this process.
    public static var current: Redaction { shared.withLock { $0 } }

    /// Makes the secrets of this process known.
    public static func install(secrets: [String]) { shared.withLock { $0 = Redaction(secrets: secrets) } }

    private static let shared = Mutex(Redaction())

    /// The text without secrets and personal identifiers.
    public func apply(_ text: String) -> String {
        // Nearly every text is clean, and is read once for it without a copy.
        if text.utf8.withContiguousStorageIfAvailable(isClean) == true { return text }
        return Self.withoutPersonalIdentifiers(secrets.reduce(text) { Self.without($1, in: $0) })
    }

    private func isClean(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        !Self.hasDigits(12, in: bytes) && !secrets.contains { Self.has($0, in: bytes) }
    }

    private static func has(_ secret: [UInt8], in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = secret.first else { return false }
        var rest = bytes[...]
        while let start = rest.firstIndex(of: first) {
            if bytes[start...].starts(with: secret) { return true }
            rest = bytes[(start + 1)...]
        }
        return false
    }

    private static func hasDigits(_ length: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var run = 0
        for byte in bytes {
            run = isDigit(byte) ? run + 1 : 0
            if run == length { return true }
        }
        return false
    }

    /// Compared as bytes: as characters, a secret with an accent right behind it would not be found.
    private static func without(_ secret: [UInt8], in text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.firstRange(of: secret) != nil else { return text }
        return String(decoding: bytes.replacing(secret, with: Array(secretMark.utf8)), as: UTF8.self)
    }

    static func withoutPersonalIdentifiers(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count >= 12 else { return text }
        var kept: [UInt8] = []
        var copied = 0
        var index = 0
        while index < bytes.count {
            guard isDigit(bytes[index]) else {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, isDigit(bytes[index]) { index += 1 }
            guard index - start == 12, isAlone(start..<index, in: bytes) else { continue }
            kept += bytes[copied..<start]
            kept += Array(personalMark.utf8)
            copied = index
        }
        guard copied > 0 else { return text }
        return String(decoding: kept + bytes[copied...], as: UTF8.self)
    }

    /// Digits inside a word or a hash, and the last group of a UUID, are no personal identifier.
    private static func isAlone(_ run: Range<Int>, in bytes: [UInt8]) -> Bool {
        if run.upperBound < bytes.count, isLetter(bytes[run.upperBound]) { return false }
        guard run.lowerBound > 0 else { return true }
        let before = bytes[run.lowerBound - 1]
        if isLetter(before) { return false }
        guard before == UInt8(ascii: "-"), run.lowerBound >= 24 else { return true }
        let groups = bytes[(run.lowerBound - 24)..<run.lowerBound].split(
            separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let isUUID = groups.map(\.count) == [8, 4, 4, 4, 0] && groups.allSatisfy { $0.allSatisfy(isHexDigit) }
        return !isUUID
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }
    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (97...102).contains(byte) || (65...70).contains(byte)
    }
}
