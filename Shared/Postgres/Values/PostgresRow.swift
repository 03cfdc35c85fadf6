import CLibPQ

/// What the columns of a result are called and made of; shared by all results of a prepared statement.
final class RowLayout: Sendable {
    struct Column: Sendable {
        let name: String
        let type: PostgresType
    }

    let columns: [Column]
    let isBinary: Bool
    private let indexes: [String: Int]

    init(columns: [Column], isBinary: Bool) {
        self.columns = columns
        self.isBinary = isBinary
        // Of columns with one name the first counts, as in libpq.
        indexes = Dictionary(
            columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Reads it from a result or from the description of a prepared statement.
    convenience init(of result: OpaquePointer, isBinary: Bool?) {
        let columns = (0..<PQnfields(result)).map { index in
            Column(
                name: PQfname(result, index).map { String(cString: $0) } ?? "",
                type: PostgresType(rawValue: PQftype(result, index)))
        }
        self.init(columns: columns, isBinary: isBinary ?? columns.allSatisfy(\.type.isReadInBinary))
    }

    func index(of name: String) -> Int? { indexes[name] }
}

/// The owner of one result of libpq.
///
/// Decoding is lazy: a row holds its result and reads the columns it is asked for straight out of libpq's memory, so
/// nothing is copied that nobody reads and the connection's thread does none of the work. The price is that one kept
/// row keeps its whole result; who keeps rows decodes them first.
///
/// `@unchecked Sendable`: libpq never changes a PGresult after PQgetResult has returned it and documents that it may
/// be read from any thread; it is cleared once, in `deinit`, when no row is left.
final class ResultStorage: @unchecked Sendable {
    // Private, so that no call of libpq gets it from a reference that may already be gone.
    private let pointer: OpaquePointer
    let layout: RowLayout
    let rowCount: Int
    let affected: Int

    /// Takes over the result.
    init(owning pointer: OpaquePointer, layout: RowLayout) {
        self.pointer = pointer
        self.layout = layout
        rowCount = Int(PQntuples(pointer))
        affected = PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0
    }

    deinit { PQclear(pointer) }

    /// What the server says it did, for example "COMMIT".
    var tag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }

    /// One value; it points into memory that lives as long as this object.
    func source(row: Int32, column: Int) -> PostgresCell.Source {
        if PQgetisnull(pointer, row, Int32(column)) == 1 { return .null }
        let length = Int(PQgetlength(pointer, row, Int32(column)))
        return .result(self, UnsafeRawBufferPointer(start: PQgetvalue(pointer, row, Int32(column)), count: length))
    }

    var rows: [PostgresRow] { (0..<rowCount).map { PostgresRow(storage: self, index: Int32($0)) } }
}

/// One row of a result; it is read by column name.
public struct PostgresRow: Sendable {
    let storage: ResultStorage
    let index: Int32

    /// The names of the columns in their order.
    public var columns: [String] { storage.layout.columns.map(\.name) }

    /// The value of a column as it came.
    public func cell(_ column: String) throws(PostgresError) -> PostgresCell {
        guard let position = storage.layout.index(of: column) else {
            throw PostgresError.decoding(column: column, "the result has no such column")
        }
        return cell(at: position)
    }

    /// Decodes a column; `Optional` takes a NULL. The error names the column and both types.
    public func get<T: PostgresDecodable>(_ column: String, as type: T.Type = T.self) throws(PostgresError) -> T {
        try decode(cell(column), type)
    }

    /// Decodes a column by its position, counted from 0.
    public func get<T: PostgresDecodable>(at position: Int, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard storage.layout.columns.indices.contains(position) else {
            throw PostgresError.decoding(column: "\(position)", "the result has no such column")
        }
        return try decode(cell(at: position), type)
    }

    /// Decodes a `json` or `jsonb` column.
    public func json<T: Decodable>(_ column: String, as type: T.Type = T.self) throws(PostgresError) -> T {
        do throws(PostgresError) {
            return try get(column, as: PostgresJSON.self).decode(type)
        } catch  where error.column == nil {
            throw PostgresError.decoding(column: column, error.message)
        }
    }

    /// Whether a column is NULL.
    public func isNull(_ column: String) throws(PostgresError) -> Bool { try cell(column).isNull }

    private func cell(at position: Int) -> PostgresCell {
        let column = storage.layout.columns[position]
        return PostgresCell(
            column: column.name, type: column.type, isBinary: storage.layout.isBinary,
            source: storage.source(row: index, column: position))
    }

    private func decode<T: PostgresDecodable>(_ cell: PostgresCell, _ type: T.Type) throws(PostgresError) -> T {
        do {
            return try T(postgresCell: cell)
        } catch let error as PostgresError {
            guard cell.isNull else { throw error }
            throw cell.mismatch("\(T.self)", "it is NULL")
        } catch {
            throw cell.mismatch("\(T.self)", "its value breaks a rule of \(T.self)")
        }
    }
}

/// A struct that is read from one row by column names.
public protocol PostgresRowDecodable: Sendable {
    init(row: PostgresRow) throws
}

extension PostgresRow {
    /// Reads the whole row into a struct.
    public func decode<T: PostgresRowDecodable>(_ type: T.Type = T.self) throws -> T { try T(row: self) }
}

/// What one statement gave.
public struct PostgresResult: Sendable {
    public let rows: [PostgresRow]
    /// The rows that the statement inserted, changed, deleted or selected.
    public let affected: Int

    init(_ storage: ResultStorage) {
        rows = storage.rows
        affected = storage.affected
    }
}
