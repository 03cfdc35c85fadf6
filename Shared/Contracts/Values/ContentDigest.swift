/// The SHA-256 of a document, as 64 lower-case hexadecimal digits.
public struct ContentDigest: CheckedText {
    public static var fieldName: String { "sha256" }
    public let text: String

    public init(checking text: String, field: String) throws(InvalidValue) {
        guard text.utf8.count == 64, text.utf8.allSatisfy(Hexadecimal.isLowercase) else {
            throw InvalidValue(
                field: field, rule: "sha256.form", vietnamese: "Giá trị băm SHA-256 không hợp lệ.",
                english: "Not a SHA-256 digest in lower-case hexadecimal.")
        }
        self.text = text
    }
}
