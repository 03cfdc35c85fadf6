public import FoundationEssentials

/// A JSON document; bound as `jsonb`, read from `json` and `jsonb`.
public struct PostgresJSON: Sendable, Hashable, PostgresEncodable, PostgresDecodable {
    /// The document as UTF-8.
    public let bytes: [UInt8]

    /// Takes a document as it is; the server checks it.
    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// Takes a document as it is; the server checks it.
    public init(text: String) { bytes = Array(text.utf8) }

    /// Encodes a value.
    public init(_ value: some Encodable, encoder: JSONEncoder = JSONEncoder()) throws(PostgresError) {
        do {
            bytes = [UInt8](try encoder.encode(value))
        } catch {
            throw PostgresError(.usage, "\(type(of: value)) cannot be encoded as JSON")
        }
    }

    /// Decodes the document into a type.
    public func decode<T: Decodable>(
        _ type: T.Type = T.self, decoder: JSONDecoder = JSONDecoder()
    ) throws(PostgresError) -> T {
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw PostgresError(.decoding, "the document is no \(type): \(Self.place(of: error))")
        } catch {
            throw PostgresError(.decoding, "the document is no \(type)")
        }
    }

    public var postgresValue: PostgresValue {
        // Version 1 of jsonb's binary form is this byte before the text.
        PostgresValue(.jsonb, .binary([1] + bytes))
    }
    public static var postgresType: PostgresType { .jsonb }

    public init(postgresCell cell: PostgresCell) throws {
        bytes = try cell.withBytes { bytes throws(PostgresError) in
            switch (cell.type, cell.isBinary) {
            case (.jsonb, true):
                guard bytes.first == 1 else { throw cell.mismatch("PostgresJSON", "unknown version of jsonb") }
                return Array(bytes.dropFirst())
            case (.json, _), (.jsonb, false), (.text, _): return Array(bytes)
            default: throw cell.mismatch("PostgresJSON")
            }
        }
    }

    /// The path of the key that does not fit; never its value, which may be personal.
    private static func place(of error: DecodingError) -> String {
        let context: DecodingError.Context
        switch error {
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found): context = found
        case .keyNotFound(let key, let found):
            return (found.codingPath + [key]).map(\.stringValue).joined(separator: ".")
        @unknown default: return "?"
        }
        return context.codingPath.map(\.stringValue).joined(separator: ".")
    }
}
