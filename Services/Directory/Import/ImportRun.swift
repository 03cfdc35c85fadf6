import Contracts
import Foundation
import Postgres

/// What the records of an import are about.
enum ImportSubject: String, Codable, Hashable, Sendable, CaseIterable {
    case members
    case organizations
    /// Salaries, benefits and pensions from Vietnam Social Security.
    case figures

    /// The name of what identifies a record in the source; none where that is a personal ID, which no list of faults has.
    var keyField: String? {
        switch self {
        case .members: "sourceId"
        case .organizations: "code"
        case .figures: nil
        }
    }

    /// The layout of a file of which nothing else is said.
    var usualLayout: String {
        switch self {
        case .members, .organizations: "\(rawValue)-4.0"
        case .figures: "\(rawValue)-1.0"
        }
    }

    /// The modes in which it is imported, the usual one first.
    var modes: [ImportMode] {
        switch self {
        case .members, .organizations: [.full, .delta, .firstLoad]
        // Of whom a file does not tell, it says nothing.
        case .figures: [.delta]
        }
    }
}

/// How much of the source an import has.
enum ImportMode: String, Codable, Hashable, Sendable, CaseIterable {
    /// Everything: what it does not have, the source does not have.
    case full
    /// Only what changed since the import before.
    case delta
    /// Everything, for a directory without any: entered as far as the rules allow, then compared.
    case firstLoad = "first-load"
}

/// One file, or one pull, that was taken in.
struct ImportRun: PostgresRowDecodable, Sendable {
    enum State: String, Sendable, Encodable {
        /// Its pages are being pulled from the source.
        case pulling
        /// Its rows stand in a staging table and wait for the comparison.
        case staged
        /// A first load is under way.
        case loading
        /// The differences are those of this import.
        case compared
        /// Nothing of it was used; the faults say why.
        case refused
        /// The database lost its rows in a crash before they were compared: it has to be sent again.
        case lost
    }

    let id: UUIDv7
    /// Names its staging table.
    let number: Int64
    let subject: ImportSubject
    let mode: ImportMode
    let layout: String
    let asOf: Date
    let author: String
    let receivedAt: Date
    let state: State
    let fields: Set<String>
    let records: Int64
    let faulty: Int64
    let unreadable: Int64
    let opened: Int64?
    let closed: Int64?
    let entered: Int64
    let loadedTo: Int64
    let finishedAt: Date?
    /// The page that a pull has to ask for next; absent for the first one.
    let cursor: String?
    /// The month that a pull asks for; absent for a file, and for what has no months.
    let month: DuesMonth?

    /// Records that can be compared.
    var usable: Int64 { records - faulty }

    static let columns: SQL = """
        id, number, subject, mode, layout, as_of, author, received_at, state, fields, records, faulty, unreadable, opened,
        closed, entered, loaded_to, finished_at, cursor, month
        """

    init(row: PostgresRow) throws {
        id = try row.get("id")
        number = try row.get("number")
        subject = try row.choice("subject")
        mode = try row.choice("mode")
        layout = try row.get("layout")
        asOf = try row.get("as_of")
        author = try row.get("author")
        receivedAt = try row.get("received_at")
        state = try row.choice("state")
        fields = Set(try row.get("fields", as: [String].self))
        records = try row.get("records")
        faulty = try row.get("faulty")
        unreadable = try row.get("unreadable")
        opened = try row.get("opened")
        closed = try row.get("closed")
        entered = try row.get("entered")
        loadedTo = try row.get("loaded_to")
        finishedAt = try row.get("finished_at")
        cursor = try row.get("cursor")
        month = try row.get("month")
    }
}

extension PostgresRow {
    /// One of the values of an enumeration, kept as its text.
    func choice<Value: RawRepresentable>(_ column: String) throws -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: try get(column)) else {
            throw PostgresError(.decoding, "\(column) has no value of \(Value.self)")
        }
        return value
    }
}
