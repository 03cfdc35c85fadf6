/// The number of a receipt (số biên lai) in its issuer's yearly series, which has no gaps: `DP-2026-000123`.
public struct ReceiptNumber: Hashable, Sendable, CustomStringConvertible {
    public let year: Int
    public let ordinal: Int64

    public init(year: Int, ordinal: Int64) {
        self.year = year
        self.ordinal = ordinal
    }

    /// At least six digits; it grows when they do not suffice.
    public var description: String {
        let digits = String(ordinal)
        return "DP-\(year)-" + String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
    }
}
