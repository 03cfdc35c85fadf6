/// An amount of money in whole đồng.
///
/// In JSON it is an integer. What comes from outside stays within ±`limit`, so sums of thousands of amounts
/// cannot overflow; arithmetic beyond Int64 traps like Int64's own.
public struct Dong: Hashable, Comparable, Sendable, Codable {
    /// The amount in đồng.
    public let amount: Int64

    /// The largest amount accepted from outside: a million milliards, exact in every JSON reader.
    public static let limit: Int64 = 1_000_000_000_000_000
    public static let zero = Dong(0)

    /// An amount computed or written in the program.
    public init(_ amount: Int64) { self.amount = amount }

    /// An amount from outside, between 0 and `limit` unless `allowingNegative`.
    public init(checking amount: Int64, allowingNegative: Bool = false, field: String = "amount") throws(InvalidValue) {
        guard amount <= Dong.limit, amount >= -Dong.limit else {
            throw InvalidValue(
                field: field, rule: "money.too-large", vietnamese: "Số tiền vượt quá giới hạn cho phép.",
                english: "The amount is beyond the limit.")
        }
        guard allowingNegative || amount >= 0 else {
            throw InvalidValue(
                field: field, rule: "money.negative", vietnamese: "Số tiền không được âm.",
                english: "The amount must not be negative.")
        }
        self.amount = amount
    }

    /// An amount from outside, written as plain digits.
    public init(checking text: String, field: String = "amount") throws(InvalidValue) {
        guard !text.isEmpty, text.utf8.count <= 16, text.utf8.allSatisfy(\.isASCIIDigit), let amount = Int64(text)
        else {
            throw InvalidValue(
                field: field, rule: "money.digits", vietnamese: "Số tiền phải là số nguyên đồng, chỉ gồm chữ số.",
                english: "The amount must be whole đồng, digits only.")
        }
        try self.init(checking: amount, field: field)
    }

    public init(from decoder: any Decoder) throws {
        let amount = try decoder.singleValueContainer().decode(Int64.self)
        let path = decoder.codingPath.map(\.stringValue).joined(separator: ".")
        try self.init(checking: amount, allowingNegative: true, field: path.isEmpty ? "amount" : path)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(amount)
    }

    public static func < (left: Dong, right: Dong) -> Bool { left.amount < right.amount }
    public static func + (left: Dong, right: Dong) -> Dong { Dong(left.amount + right.amount) }
    public static func - (left: Dong, right: Dong) -> Dong { Dong(left.amount - right.amount) }
    public static prefix func - (value: Dong) -> Dong { Dong(-value.amount) }
    public static func += (left: inout Dong, right: Dong) { left = left + right }
    public static func -= (left: inout Dong, right: Dong) { left = left - right }
    public static func * (left: Dong, right: Int64) -> Dong { Dong(left.amount * right) }
}

extension Dong: CustomStringConvertible {
    /// As it is read in Vietnamese, for example `15.930 đ`.
    public var description: String {
        var digits = String(amount.magnitude)
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = String(digits.dropLast(3))
        }
        groups.insert(Substring(digits), at: 0)
        return (amount < 0 ? "-" : "") + groups.joined(separator: ".") + " đ"
    }
}

extension Sequence<Dong> {
    /// The sum of the amounts.
    public func sum() -> Dong { reduce(.zero, +) }
}
