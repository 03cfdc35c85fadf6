/// The number of a receipt (số biên lai) or of a refund's voucher (số phiếu hoàn) in its issuer's yearly series, which
/// has no gaps: `DP-2026-000123`, `HT-2026-000004`.
public struct ReceiptNumber: Hashable, Sendable, CustomStringConvertible {
    public enum Series: String, Hashable, Sendable {
        case receipt = "DP"
        case refundVoucher = "HT"
    }

    public let series: Series
    public let year: Int
    public let ordinal: Int64

    public init(_ series: Series = .receipt, year: Int, ordinal: Int64) {
        self.series = series
        self.year = year
        self.ordinal = ordinal
    }

    /// At least six digits; it grows when they do not suffice.
    public var description: String {
        let digits = String(ordinal)
        return "\(series.rawValue)-\(year)-" + String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
    }
}
