/// The reference of a payment order: ASCII letters and digits only, 6 to 25, which every gateway and a bank's memo
/// line carry unchanged.
public struct PaymentReference: CheckedText {
    public static var fieldName: String { "reference" }
    public let text: String

    public init(checking text: String, field: String) throws(InvalidValue) {
        guard (6...25).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0.isASCIIDigit || $0.isASCIIUppercase || $0.isASCIILowercase })
        else {
            throw InvalidValue(
                field: field, rule: "payment-reference.form",
                vietnamese: "Mã tham chiếu thanh toán chỉ gồm 6 đến 25 chữ cái không dấu và chữ số.",
                english: "A payment reference has 6 to 25 unaccented letters and digits only.")
        }
        self.text = text
    }

    /// Reads a reference as people and banks write it: in any case, with dashes and spaces.
    public init(typed text: String, field: String = PaymentReference.fieldName) throws(InvalidValue) {
        try self.init(
            checking: text.uppercased().filter { $0 != "-" && $0 != " " }, field: field)
    }

    private init(made text: String) { self.text = text }

    /// A new reference: `DP`, year and month of the order, ten random characters, a check character.
    public static func make(month: DuesMonth, using generator: inout some RandomNumberGenerator) -> PaymentReference {
        let date = padded(month.year % 100, 2) + padded(month.month, 2)
        return PaymentReference(made: "DP" + date + UnambiguousText.make(10, using: &generator))
    }

    /// A new reference from the system's random source.
    public static func make(month: DuesMonth) -> PaymentReference {
        var generator = SystemRandomNumberGenerator()
        return make(month: month, using: &generator)
    }

    /// Whether the reference has the form that `make` gives and its check character fits.
    public var isIntact: Bool {
        text.utf8.count == 17 && text.hasPrefix("DP") && String(text.dropFirst(2).prefix(4)).isDigits(4)
            && UnambiguousText.isIntact(text.dropFirst(6))
    }

    /// With dashes, for people and for gateways that allow them: `DP-2605-7K3M9-QXA2B5`.
    public var dashed: String {
        guard isIntact else { return text }
        return "DP-\(text.dropFirst(2).prefix(4))-\(text.dropFirst(6).prefix(5))-\(text.dropFirst(11))"
    }

    /// The first intact reference inside a bank's memo line, or nil.
    public init?(inMemo memo: String) {
        let bytes = Array(memo.uppercased().utf8).filter { $0.isASCIIDigit || $0.isASCIIUppercase }
        for start in bytes.indices where bytes.count - start >= 17 {
            let candidate = PaymentReference(made: String(decoding: bytes[start..<start + 17], as: UTF8.self))
            if candidate.isIntact {
                self = candidate
                return
            }
        }
        return nil
    }
}
