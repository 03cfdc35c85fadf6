/// Why a document could not be drawn.
public struct RenderingError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The font with all Vietnamese letters is not installed (Tinos; Debian: fonts-croscore).
        case fontMissing = "font_missing"
        /// A text is longer than a document may be.
        case tooLong = "too_long"
        /// The drawing library failed.
        case library
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
