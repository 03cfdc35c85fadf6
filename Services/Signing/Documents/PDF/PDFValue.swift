import Trust

/// One value of a PDF file (ISO 32000-1, 7.3); numbers, names and strings are kept as they were written.
indirect enum PDFValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// An integer or real number as it was written.
    case number(String)
    /// A name without its slash, with `#` escapes as they were written.
    case name(String)
    /// The bytes that a string means.
    case string([UInt8])
    case array([PDFValue])
    case dictionary(PDFDictionary)
    case reference(PDFReference)

    static func integer(_ value: Int) -> PDFValue { .number(String(value)) }

    /// A text string: UTF-16 with a byte order mark, as PDF wants anything beyond Latin.
    static func text(_ text: String) -> PDFValue {
        .string([0xfe, 0xff] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] })
    }

    var integer: Int? { if case .number(let text) = self { Int(text) } else { nil } }
    var name: String? { if case .name(let name) = self { name } else { nil } }
    var string: [UInt8]? { if case .string(let bytes) = self { bytes } else { nil } }
    var array: [PDFValue]? { if case .array(let values) = self { values } else { nil } }
    var dictionary: PDFDictionary? { if case .dictionary(let dictionary) = self { dictionary } else { nil } }
    var reference: PDFReference? { if case .reference(let reference) = self { reference } else { nil } }

    /// The value as it stands in a file.
    var text: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let text): text
        case .name(let name): "/\(name)"
        case .string(let bytes): "<\(bytes.hex)>"
        case .array(let values): "[\(values.map(\.text).joined(separator: " "))]"
        case .dictionary(let dictionary): dictionary.text
        case .reference(let reference): "\(reference.number) \(reference.generation) R"
        }
    }
}

/// The number of an object in the file.
struct PDFReference: Sendable, Hashable {
    let number: Int
    var generation = 0
}

/// A dictionary that keeps its order, so that the same input gives the same bytes.
struct PDFDictionary: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    private(set) var entries: [Entry] = []

    struct Entry: Sendable, Hashable {
        let key: String
        var value: PDFValue
    }

    init() {}

    init(dictionaryLiteral elements: (String, PDFValue)...) {
        entries = elements.map { Entry(key: $0.0, value: $0.1) }
    }

    subscript(key: String) -> PDFValue? {
        get { entries.first { $0.key == key }?.value }
        set {
            if let index = entries.firstIndex(where: { $0.key == key }) {
                if let newValue { entries[index].value = newValue } else { entries.remove(at: index) }
            } else if let newValue {
                entries.append(Entry(key: key, value: newValue))
            }
        }
    }

    var text: String { "<< \(entries.map { "/\($0.key) \($0.value.text)" }.joined(separator: " ")) >>" }
}
