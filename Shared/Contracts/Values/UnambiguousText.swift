/// Random text that people copy from paper: no I, L, O, U, and a last character that catches slips.
enum UnambiguousText {
    static let alphabet = [UInt8]("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// `count` random characters and the check character.
    static func make(_ count: Int, using generator: inout some RandomNumberGenerator) -> String {
        let values = (0..<count).map { _ in Int(generator.next(upperBound: UInt64(32))) }
        return String(decoding: (values + [check(values)]).map { alphabet[$0] }, as: UTF8.self)
    }

    /// The text without dashes and spaces, in capitals, with look-alikes put right; nil when a character is foreign.
    static func normalized(_ text: String) -> String? {
        var bytes: [UInt8] = []
        for byte in text.utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: " ") {
            let upper = byte.isASCIILowercase ? byte - 0x20 : byte
            let character: UInt8 =
                switch upper {
                case UInt8(ascii: "O"): UInt8(ascii: "0")
                case UInt8(ascii: "I"), UInt8(ascii: "L"): UInt8(ascii: "1")
                default: upper
                }
            guard alphabet.contains(character) else { return nil }
            bytes.append(character)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the last character fits the ones before it.
    static func isIntact(_ text: some StringProtocol) -> Bool {
        let values = text.utf8.compactMap { alphabet.firstIndex(of: $0) }
        guard values.count == text.utf8.count, values.count > 1, let last = values.last else { return false }
        return check(values.dropLast()) == last
    }

    /// Luhn's sum to the base 32: catches any one wrong character and nearly all swaps of neighbours.
    private static func check(_ values: some BidirectionalCollection<Int>) -> Int {
        var sum = 0
        for (place, value) in values.reversed().enumerated() {
            let weighted = place % 2 == 0 ? value * 2 : value
            sum += weighted / 32 + weighted % 32
        }
        return (32 - sum % 32) % 32
    }
}

extension String {
    /// The text in groups of `size`, joined by dashes.
    func grouped(_ size: Int) -> String {
        var groups: [Substring] = []
        var rest = self[...]
        while !rest.isEmpty {
            groups.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return groups.joined(separator: "-")
    }
}
