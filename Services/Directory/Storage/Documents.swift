import Contracts
import Postgres

/// Aggregates are kept as JSON documents.
enum Documents {
    static func write(_ value: some Encodable) throws -> PostgresJSON {
        PostgresJSON(bytes: try ContractsJSON.encode(value))
    }

    static func read<Value: Decodable>(_ row: PostgresRow) throws -> Value {
        try ContractsJSON.decode(from: row.get("document", as: PostgresJSON.self).bytes)
    }
}

/// How a row is taken: only looked at, kept from changing, or to be changed.
enum RowLock {
    case none
    /// Nobody changes it until the transaction ends.
    case share
    /// Nobody else changes or relies on it until the transaction ends.
    case update

    var clause: SQL {
        switch self {
        case .none: ""
        case .share: "FOR SHARE"
        case .update: "FOR UPDATE"
        }
    }
}
