import Foundation

/// The document code of an electronic result (article 17):
/// `KQ.<identifier>.<document type>.<number and symbol>`, kept in Unicode NFC.
///
/// With a personal ID inside the code is personal data: printing it masks the ID, and it never enters a URL, a QR
/// code, a log or an event key; `text` is the code in clear.
public struct ResultCode: CheckedText, CustomDebugStringConvertible, CustomReflectable {
    public static var fieldName: String { "resultCode" }

    /// Whom the result is filed under.
    public enum Holder: Hashable, Sendable {
        case organization(OrganizationCode)
        case person(PersonalID)
    }

    public let holder: Holder
    /// The code of the kind of document, which begins with a letter, for example `GGT`.
    public let documentType: String
    /// The number and symbol from the issuing body's register, for example `12-GGT/ĐU`.
    public let numberAndSymbol: String

    public init(
        holder: Holder, documentType: String, numberAndSymbol: String, field: String = ResultCode.fieldName
    ) throws(InvalidValue) {
        let type = documentType.precomposedStringWithCanonicalMapping
        let number = numberAndSymbol.precomposedStringWithCanonicalMapping
        guard ResultCode.isDocumentType(type), ResultCode.isNumberAndSymbol(number) else {
            throw ResultCode.invalid(field)
        }
        self.holder = holder
        self.documentType = type
        self.numberAndSymbol = number
    }

    public init(checking text: String, field: String) throws(InvalidValue) {
        let parts = text.precomposedStringWithCanonicalMapping.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0] == "KQ" else { throw ResultCode.invalid(field) }
        let holder: Holder
        var position = 2
        if let person = try? PersonalID(String(parts[1])) {
            holder = .person(person)
        } else {
            while position < parts.count, OrganizationCode.isFurtherLevel(parts[position]) { position += 1 }
            guard let code = try? OrganizationCode(parts[1..<position].joined(separator: ".")) else {
                throw ResultCode.invalid(field)
            }
            holder = .organization(code)
        }
        guard position + 1 < parts.count else { throw ResultCode.invalid(field) }
        try self.init(
            holder: holder, documentType: String(parts[position]),
            numberAndSymbol: parts[(position + 1)...].joined(separator: "."), field: field)
    }

    /// The code in clear.
    public var text: String {
        switch holder {
        case .organization(let code): "KQ.\(code.text).\(documentType).\(numberAndSymbol)"
        case .person(let id): "KQ.\(id.text).\(documentType).\(numberAndSymbol)"
        }
    }

    /// Whether the code bears a personal ID.
    public var isPersonal: Bool {
        if case .person = holder { true } else { false }
    }

    public var description: String {
        switch holder {
        case .organization: text
        case .person(let id): "KQ.\(id).\(documentType).\(numberAndSymbol)"
        }
    }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }

    private static func isDocumentType(_ text: String) -> Bool {
        let isUppercase = { (scalar: Unicode.Scalar) in ("A"..."Z").contains(scalar) || scalar == "Đ" }
        guard let first = text.unicodeScalars.first, isUppercase(first), text.unicodeScalars.count <= 20 else {
            return false
        }
        return text.unicodeScalars.allSatisfy { isUppercase($0) || ("0"..."9").contains($0) || $0 == "-" }
    }

    private static func isNumberAndSymbol(_ text: String) -> Bool {
        (1...60).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType == .decimal || "-/.".unicodeScalars.contains($0)
            }
    }

    private static func invalid(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "result-code.form",
            vietnamese: "Mã kết quả phải có dạng KQ.<mã định danh>.<loại giấy tờ>.<số, ký hiệu>.",
            english: "A result code looks like KQ.<identifier>.<document type>.<number and symbol>.")
    }
}
