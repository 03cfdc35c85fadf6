import Contracts
import Hummingbird
import ServiceKit

/// Which part of a list is asked for: `limit` and `after`, the last id of the part before.
struct PageRequest {
    let limit: Int
    let after: UUIDv7?

    init(_ request: Request) throws(Problem) {
        limit = try Self.limit(request)
        after = try Query.value("after", request, UUIDv7.init)
    }

    /// How many are asked for.
    static func limit(_ request: Request) throws(Problem) -> Int {
        let limit = request.uri.queryParameters.get("limit").map { Int($0) ?? 0 } ?? 50
        guard (1...200).contains(limit) else { throw Query.invalid("limit") }
        return limit
    }
}

/// Parameters after the question mark.
enum Query {
    /// The value; nothing when it is absent, a problem when it is none.
    static func value<Value>(
        _ name: String, _ request: Request, _ read: (String) -> Value?
    ) throws(Problem) -> Value? {
        guard let text = request.uri.queryParameters.get(name) else { return nil }
        guard let value = read(text) else { throw invalid(name) }
        return value
    }

    static func day(_ name: String, _ request: Request) throws(Problem) -> Day? {
        try value(name, request) { try? Day($0) }
    }

    static func invalid(_ name: String) -> Problem {
        Problem.invalidParameter.with(errors: [
            FieldError(
                field: name, rule: "parameter.form", vietnamese: "Tham số \(name) không hợp lệ.",
                english: "The parameter \(name) is not valid.")
        ])
    }
}

/// A part of a list.
struct PageView<Item: Encodable>: Encodable {
    let items: [Item]
    /// Give it as `after` for the next part; absent on the last one.
    let next: String?

    /// - Parameter found: one more than were asked for, when there are more.
    init<Row>(_ found: [Row], _ page: PageRequest, id: (Row) -> UUIDv7, item: (Row) -> Item) {
        items = found.prefix(page.limit).map(item)
        next = found.count > page.limit ? found.prefix(page.limit).last.map { id($0).description } : nil
    }
}

/// A state as the topics tell it, with its version.
struct VersionedView<State: Encodable>: Encodable {
    let state: State
    let version: Int64

    private enum Key: CodingKey { case version }

    func encode(to encoder: any Encoder) throws {
        try state.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(version, forKey: .version)
    }
}
