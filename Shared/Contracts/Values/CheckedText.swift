/// A value that travels as text and exists only when the text obeys its rules.
///
/// In JSON it is a string; decoding applies the same rules and names the place in the document as the field.
public protocol CheckedText: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The name of the field when the caller gives none.
    static var fieldName: String { get }
    /// The canonical text, in clear.
    var text: String { get }
    /// Reads the text, or says what is wrong with `field`.
    init(checking text: String, field: String) throws(InvalidValue)
}

extension CheckedText {
    /// Reads the text, or says what is wrong with it under the type's own field name.
    public init(_ text: String) throws(InvalidValue) {
        try self.init(checking: text, field: Self.fieldName)
    }

    public var description: String { text }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let path = decoder.codingPath.map(\.stringValue).joined(separator: ".")
        try self.init(checking: text, field: path.isEmpty ? Self.fieldName : path)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension String {
    /// Whether the text is `count` ASCII digits.
    func isDigits(_ count: Int) -> Bool { utf8.count == count && utf8.allSatisfy(\.isASCIIDigit) }
}

extension Substring {
    /// The number written as 1 to 9 ASCII digits, or nil.
    var plainNumber: Int? {
        (1...9).contains(utf8.count) && utf8.allSatisfy(\.isASCIIDigit) ? Int(self) : nil
    }
}

extension UInt8 {
    var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
    var isASCIIUppercase: Bool { (0x41...0x5A).contains(self) }
    var isASCIILowercase: Bool { (0x61...0x7A).contains(self) }
}
