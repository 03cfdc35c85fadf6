public import Contracts

/// A sum in Vietnamese words (số tiền bằng chữ), as it stands on receipts: `Mười lăm nghìn chín trăm ba mươi đồng`.
///
/// Each group of three digits is read by the rules of Unicode CLDR (`common/rbnf/vi.xml`, spellout-cardinal), with
/// `linh` where CLDR has `lẻ`: both are in use (C). Groups of nothing but zeros are not read. After a higher group
/// missing hundreds are read in every group (`không trăm bảy mươi nghìn`), where CLDR does so in the last one only: on
/// a receipt no digit of a group that is read stays unsaid (C).
public struct AmountInWords: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ amount: Dong) {
        let magnitude = amount.amount.magnitude
        let words = (amount.amount < 0 ? ["âm"] : []) + (magnitude == 0 ? ["không"] : Self.words(magnitude))
        let text = (words + ["đồng"]).joined(separator: " ")
        description = text.prefix(1).uppercased() + text.dropFirst()
    }

    private static let digits = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]

    /// - Parameter follows: whether something higher was read before, so that missing hundreds are read too.
    private static func words(_ number: UInt64, follows: Bool = false) -> [String] {
        let billions = number / 1_000_000_000
        let rest = number % 1_000_000_000
        var words = billions == 0 ? [] : Self.words(billions, follows: follows) + ["tỷ"]
        for (unit, name) in [(1_000_000, "triệu"), (1_000, "nghìn"), (1, nil)] as [(UInt64, String?)] {
            let group = Int(rest / unit % 1_000)
            guard group > 0 else { continue }
            words += Self.group(group, whole: follows || !words.isEmpty) + [name].compactMap(\.self)
        }
        return words
    }

    /// A group of three digits that are not all zero.
    ///
    /// - Parameter whole: whether missing hundreds are read: `không trăm linh năm`.
    private static func group(_ number: Int, whole: Bool) -> [String] {
        let (hundreds, tens, ones) = (number / 100, number / 10 % 10, number % 10)
        let hasHundreds = whole || hundreds > 0
        var words = hasHundreds ? [digits[hundreds], "trăm"] : []
        switch tens {
        case 0: words += hasHundreds && ones > 0 ? ["linh"] : []
        case 1: words.append("mười")
        default: words += [digits[tens], "mươi"]
        }
        switch (tens, ones) {
        case (_, 0): break
        case (2..., 1): words.append("mốt")
        case (2..., 4): words.append("tư")
        case (1..., 5): words.append("lăm")
        default: words.append(digits[ones])
        }
        return words
    }
}
