import Contracts
import Foundation

/// The published contracts as files: schemas, recorded examples, topics.
enum ContractFiles {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Infra/contracts")

    /// One recorded event.
    struct Example: CustomStringConvertible {
        let name: String
        let topic: String
        let key: String
        let headers: [String: JSONValue]
        let data: JSONValue

        var description: String { name }
    }

    static func json(_ path: String) throws -> JSONValue {
        try ContractsJSON.decode(from: [UInt8](Data(contentsOf: root.appending(path: path))))
    }

    static func schema(of type: String) throws -> JSONValue { try json("schemas/\(type).json") }

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path).sorted()
    }

    static func examples(of type: String) throws -> [Example] {
        try names(in: "examples/\(type)").map { file in
            let document = try json("examples/\(type)/\(file)")
            guard let topic = document["topic"]?.string, let key = document["key"]?.string,
                let headers = document["headers"]?.object, let data = document["data"]
            else { throw InvalidValue(field: file, rule: "test.example", vietnamese: "", english: "not an example") }
            return Example(name: "\(type)/\(file)", topic: topic, key: key, headers: headers, data: data)
        }
    }
}

/// Decodes the payload of the type.
func decode<Payload: EventPayload>(_ type: Payload.Type, _ data: JSONValue) throws -> Payload {
    try ContractsJSON.decode(type, from: ContractsJSON.encode(data))
}

/// Decodes the payload and encodes it again.
func roundTrip<Payload: EventPayload>(_ type: Payload.Type, _ data: JSONValue) throws -> JSONValue {
    try ContractsJSON.decode(from: ContractsJSON.encode(decode(type, data)))
}

extension JSONValue {
    /// The schema that a `$ref` inside the same document names.
    func resolved(in document: JSONValue) -> JSONValue {
        guard let name = self["$ref"]?.string?.split(separator: "/").last else { return self }
        return document["$defs"]?[String(name)] ?? self
    }

    /// A copy with the field at the path taken out.
    func removing(_ path: [String]) -> JSONValue { changing(path) { $0[$1] = nil } }

    /// A copy with the field at the path set.
    func setting(_ path: [String], to value: JSONValue) -> JSONValue { changing(path) { $0[$1] = value } }

    private func changing(_ path: [String], _ change: (inout [String: JSONValue], String) -> Void) -> JSONValue {
        guard let name = path.first else { return self }
        switch self {
        case .object(var fields):
            if path.count == 1 {
                change(&fields, name)
            } else {
                fields[name] = fields[name]?.changing(Array(path.dropFirst()), change)
            }
            return .object(fields)
        case .array(let items): return .array(items.map { $0.changing(path, change) })
        default: return self
        }
    }
}
