import Contracts

/// Forms that every gateway's values must have.
enum GatewayText {
    /// A number of a transaction: letters, digits, `-`, `_` and `.`, at most 64. What was heard of an order is kept as
    /// `outcome:transaction`, parted by commas.
    static func isTransaction(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
            }
    }

    /// A page that a payer may be sent to: over TLS, unless the gateway itself is spoken to without it.
    static func isPage(_ address: String, of gateway: String) -> Bool {
        guard address.utf8.count <= 2_048, address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
        return address.hasPrefix("https://") || (address.hasPrefix("http://") && gateway.hasPrefix("http://"))
    }
}
