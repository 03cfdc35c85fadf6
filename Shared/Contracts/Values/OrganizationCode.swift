/// The identifier code of a Party organisation in the dotted form of QCVN 102, for example `A35.12.08`.
public struct OrganizationCode: CheckedText {
    public static var fieldName: String { "organizationCode" }
    public let text: String

    /// A letter and two digits, then up to six further levels of two or three digits or capital letters that begin
    /// with a digit (a level that began with a letter could not be told from a document type in a result code).
    public init(checking text: String, field: String) throws(InvalidValue) {
        let levels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard levels.count <= 7, let first = levels.first, OrganizationCode.isFirstLevel(first),
            levels.dropFirst().allSatisfy(OrganizationCode.isFurtherLevel)
        else {
            throw InvalidValue(
                field: field, rule: "organization-code.form",
                vietnamese: "Mã định danh tổ chức đảng phải có dạng như A35.12.08.",
                english: "An organisation code looks like A35.12.08.")
        }
        self.text = text
    }

    static func isFirstLevel(_ level: Substring) -> Bool {
        let bytes = Array(level.utf8)
        return bytes.count == 3 && bytes[0].isASCIIUppercase && bytes[1].isASCIIDigit && bytes[2].isASCIIDigit
    }

    static func isFurtherLevel(_ level: Substring) -> Bool {
        let bytes = Array(level.utf8)
        return (2...3).contains(bytes.count) && bytes[0].isASCIIDigit
            && bytes.allSatisfy { $0.isASCIIDigit || $0.isASCIIUppercase }
    }
}
