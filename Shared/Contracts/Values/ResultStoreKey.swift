/// The key of a result in the data store (article 17): `<dossier code>-KQ(n)`, n counting the dossier's results.
public struct ResultStoreKey: CheckedText {
    public static var fieldName: String { "storeKey" }

    public let dossier: DossierCode
    /// From 1.
    public let number: Int

    public init(dossier: DossierCode, number: Int, field: String = ResultStoreKey.fieldName) throws(InvalidValue) {
        guard (1...9_999).contains(number) else { throw ResultStoreKey.invalid(field) }
        self.dossier = dossier
        self.number = number
    }

    public init(checking text: String, field: String) throws(InvalidValue) {
        guard text.hasSuffix(")"), let mark = text.lastIndex(of: "K"), text[mark...].hasPrefix("KQ("),
            text[..<mark].hasSuffix("-"), let dossier = try? DossierCode(String(text[..<mark].dropLast())),
            let number = text[mark...].dropFirst(3).dropLast().plainNumber, text.hasSuffix("(\(number))")
        else { throw ResultStoreKey.invalid(field) }
        try self.init(dossier: dossier, number: number, field: field)
    }

    public var text: String { "\(dossier.text)-KQ(\(number))" }

    private static func invalid(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "store-key.form",
            vietnamese: "Mã lưu kho phải có dạng như A35.12.08-261120-0007-KQ(1).",
            english: "A store key looks like A35.12.08-261120-0007-KQ(1).")
    }
}
