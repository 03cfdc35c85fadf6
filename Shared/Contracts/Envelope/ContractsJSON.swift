public import Foundation

/// JSON as events and APIs use it: camelCase names, moments in RFC 3339 with milliseconds in UTC, sorted keys.
public enum ContractsJSON {
    /// A new encoder.
    public static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(RFC3339.text(of: date))
        }
        return encoder
    }

    /// A new decoder; fields it does not know are skipped.
    public static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            guard let date = RFC3339.moment(of: try container.decode(String.self)) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a moment of RFC 3339")
            }
            return date
        }
        return decoder
    }

    // Making one costs more than writing a small event with it; these are not changed after they are made.
    private static let sharedEncoder = encoder
    private static let sharedDecoder = decoder

    /// The value as JSON.
    public static func encode(_ value: some Encodable) throws -> [UInt8] { [UInt8](try sharedEncoder.encode(value)) }

    /// The value of the JSON.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws -> Value {
        try sharedDecoder.decode(type, from: Data(bytes))
    }
}
