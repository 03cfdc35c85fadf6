/// The code of a procedure; procedures are data, so new ones can appear.
public struct ProcedureCode: CheckedText {
    public static var fieldName: String { "procedure" }
    public let text: String

    public init(checking text: String, field: String) throws(InvalidValue) {
        let words = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard text.utf8.count <= 60,
            words.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCIILowercase || $0.isASCIIDigit } })
        else {
            throw InvalidValue(
                field: field, rule: "procedure-code.form", vietnamese: "Mã thủ tục không hợp lệ.",
                english: "A procedure code is lower-case words joined by dashes.")
        }
        self.text = text
    }

    private init(known text: String) { self.text = text }

    /// Chuyển sinh hoạt đảng chính thức.
    public static let officialTransfer = ProcedureCode(known: "official-transfer")
    /// Chuyển sinh hoạt đảng tạm thời.
    public static let temporaryTransfer = ProcedureCode(known: "temporary-transfer")
    /// Thu, nộp đảng phí.
    public static let dues = ProcedureCode(known: "dues")
    /// Lấy ý kiến nhận xét của chi uỷ, chi bộ nơi cư trú.
    public static let residenceOpinion = ProcedureCode(known: "residence-opinion")
}
