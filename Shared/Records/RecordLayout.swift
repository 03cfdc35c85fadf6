import Contracts
import Foundation

/// What the records of a file look like: data, so that another file needs another layout and no code.
///
/// The same layout reads delimited text and JSON lines; `column` is the heading of the one and the key of the other.
public struct RecordLayout: Sendable, Hashable {
    /// One field of a record.
    public struct Field: Sendable, Hashable {
        /// What the program calls it.
        public let name: String
        /// What the file calls it.
        public let column: String
        /// Whether every record has a value.
        public let isRequired: Bool
        /// Whether a delimited file may come without the column.
        public let mayLackColumn: Bool
        public let format: FieldFormat
    }

    /// The last line of a delimited file, which tells what came before it.
    public struct Trailer: Sendable, Hashable, Decodable {
        /// The value of its first column, by which it is known.
        public let mark: String
        /// The column, from 0, with the number of records.
        public let count: Int
        /// The columns, from 0, with the sums of fields that are whole numbers.
        public let sums: [String: Int]?
    }

    /// The name under which a caller chooses it.
    public let name: String
    /// Between the values of a delimited file; an ASCII character.
    public let delimiter: UInt8
    public let fields: [Field]
    public let trailer: Trailer?

    /// Reads a layout; a fault names its field and the rule.
    ///
    /// - Throws: `InvalidValue`, or a `DecodingError`.
    public init(json: [UInt8]) throws { self = try JSONDecoder().decode(RecordLayout.self, from: Data(json)) }

    /// The place of a field in a record; nothing when the layout does not have it.
    public func index(of field: String) -> Int? { fields.firstIndex { $0.name == field } }
}

extension RecordLayout: Decodable {
    private enum Key: CodingKey { case name, delimiter, fields, trailer }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        name = try values.decode(String.self, forKey: .name)
        fields = try values.decode([Field].self, forKey: .fields)
        trailer = try values.decodeIfPresent(Trailer.self, forKey: .trailer)
        let delimiter = Array(try values.decodeIfPresent(String.self, forKey: .delimiter)?.utf8 ?? ",".utf8)
        guard delimiter.count == 1, delimiter[0] < 0x80, ![0x22, 0x0A, 0x0D].contains(delimiter[0]) else {
            throw Self.invalid(
                "delimiter", "layout.delimiter", "Dấu phân cách phải là một ký tự ASCII.", "One ASCII character.")
        }
        self.delimiter = delimiter[0]
        guard !fields.isEmpty, Set(fields.map(\.name)).count == fields.count,
            Set(fields.map(\.column)).count == fields.count
        else { throw Self.invalid("fields", "layout.fields", "Trường hoặc cột bị lặp.", "Fields and columns differ.") }
        for field in trailer?.sums?.keys.sorted() ?? [] {
            guard fields.contains(where: { $0.name == field && $0.format.isNumber }) else {
                throw Self.invalid(
                    "trailer.sums", "layout.sums", "Chỉ cộng được trường số.", "Only numbers are summed.")
            }
        }
    }

    private static func invalid(_ field: String, _ rule: String, _ vietnamese: String, _ english: String)
        -> InvalidValue
    {
        InvalidValue(field: field, rule: rule, vietnamese: vietnamese, english: english)
    }
}

extension RecordLayout.Field: Decodable {
    private enum Key: CodingKey { case name, column, required, mayLack }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        name = try values.decode(String.self, forKey: .name)
        column = try values.decodeIfPresent(String.self, forKey: .column) ?? name
        isRequired = try values.decodeIfPresent(Bool.self, forKey: .required) ?? false
        mayLackColumn = try values.decodeIfPresent(Bool.self, forKey: .mayLack) ?? false
        format = try FieldFormat(from: decoder)
    }
}
