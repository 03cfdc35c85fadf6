/// One SQL statement with its parameters.
///
/// An interpolated value is always bound, never put into the text: `"SELECT a FROM t WHERE id = \(id)"` becomes
/// `SELECT a FROM t WHERE id = $1`.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The statement with `$1`, `$2` ... in place of the values.
    public let text: String
    /// The values in the order of their numbers.
    public let bindings: [PostgresValue]
    /// Where each placeholder starts in `text`, in UTF-8 bytes; nesting numbers them anew.
    let marks: [Int]

    public init(stringLiteral value: String) {
        text = value
        bindings = []
        marks = []
    }

    public init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
        bindings = stringInterpolation.bindings
        marks = stringInterpolation.marks
    }

    /// A statement whose text comes from elsewhere, such as a file; it has no parameters.
    public init(unsafe text: String) { self.init(stringLiteral: text) }

    /// Puts an interpolated statement together.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        var text = ""
        var bindings: [PostgresValue] = []
        var marks: [Int] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 3)
            bindings.reserveCapacity(interpolationCount)
            marks.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) { text += literal }

        /// Binds a value.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            bind(value.postgresValue)
        }

        /// Binds a value or NULL of its type.
        public mutating func appendInterpolation<T: PostgresEncodable>(_ value: T?) {
            bind(value.postgresValue)
        }

        /// Binds a value that is ready for the wire.
        public mutating func appendInterpolation(_ value: PostgresValue) { bind(value) }

        /// Inserts a name, quoted, so that it can only be a name.
        public mutating func appendInterpolation(identifier: String) {
            text += SQL.quoted(identifier)
        }

        /// Inserts text as it is; the caller answers for it.
        public mutating func appendInterpolation(unsafe fragment: String) { text += fragment }

        /// Inserts another statement or a part of one together with its parameters.
        public mutating func appendInterpolation(_ nested: SQL) {
            let utf8 = nested.text.utf8
            var position = utf8.startIndex
            for (index, mark) in nested.marks.enumerated() {
                let start = utf8.index(utf8.startIndex, offsetBy: mark)
                text += nested.text[position..<start]
                bind(nested.bindings[index])
                position = utf8.index(start, offsetBy: "$\(index + 1)".utf8.count)
            }
            text += nested.text[position...]
        }

        private mutating func bind(_ value: PostgresValue) {
            marks.append(text.utf8.count)
            bindings.append(value)
            text += "$\(bindings.count)"
        }
    }

    /// A name in double quotes. The server refuses a NUL, as it refuses it anywhere.
    static func quoted(_ identifier: String) -> String {
        var quoted = "\""
        for character in identifier.unicodeScalars {
            if character == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(character)
        }
        return quoted + "\""
    }
}
