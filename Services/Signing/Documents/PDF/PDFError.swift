/// Why a PDF could not be read or signed.
public struct PDFError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Not a PDF, damaged, or nested deeper than any honest one.
        case malformed
        /// A PDF of a kind that is not ours to sign: encrypted, or with a compressed cross-reference.
        case unsupported
        /// The signature is longer than the place kept for it; sign again with a larger one.
        case placeholderTooSmall = "placeholder_too_small"
        /// There is a field of that name already.
        case fieldExists = "field_exists"
    }

    public let code: Code
    /// Why, in English, for logs and operators.
    public let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { "\(code.rawValue): \(reason)" }
}
