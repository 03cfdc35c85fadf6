/// What takes single statements: a pool, a connection, a transaction.
public protocol PostgresQueryable: Sendable {
    /// Runs a statement and tells how many rows it inserted, changed, deleted or selected.
    @discardableResult func execute(_ sql: SQL) async throws(PostgresError) -> Int

    /// Runs a statement and returns its rows.
    func query(_ sql: SQL) async throws(PostgresError) -> [PostgresRow]
}

/// A connection or a transaction: what runs on it runs in order on one connection.
public protocol PostgresSession: PostgresQueryable {
    /// Runs statements in one round trip.
    ///
    /// The first error is thrown and the rest is skipped. Outside a transaction they are one transaction together.
    func pipeline(_ statements: [SQL]) async throws(PostgresError) -> [PostgresResult]

    /// Runs `COPY ... FROM STDIN` with the chunks as its input, wherever they are cut; the answer is the number of rows.
    ///
    /// An error thrown by the chunks abandons the COPY and is thrown on.
    @discardableResult
    func copyIn(_ statement: SQL, _ chunks: some AsyncSequence<[UInt8], any Error> & Sendable) async throws -> Int

    /// Runs `COPY ... TO STDOUT`; each element is one row of it, and reading slowly slows the server down.
    ///
    /// Nothing else can run here until the last row is read. Stopping earlier cancels the statement, which spoils an
    /// open transaction.
    func copyOut(_ statement: SQL) -> PostgresCopyOut
}

extension PostgresQueryable {
    /// Runs a statement that must give exactly one row.
    public func queryOne(_ sql: SQL) async throws(PostgresError) -> PostgresRow {
        let rows = try await query(sql)
        guard let row = rows.first, rows.count == 1 else {
            throw PostgresError(.decoding, "the statement gave \(rows.count) rows instead of one")
        }
        return row
    }

    /// Runs a statement that gives one row or none.
    public func queryOptional(_ sql: SQL) async throws(PostgresError) -> PostgresRow? {
        let rows = try await query(sql)
        guard rows.count <= 1 else {
            throw PostgresError(.decoding, "the statement gave \(rows.count) rows instead of at most one")
        }
        return rows.first
    }

    /// Runs a statement and reads every row into a struct.
    public func query<T: PostgresRowDecodable>(_ sql: SQL, as type: T.Type) async throws -> [T] {
        try await query(sql).map { try T(row: $0) }
    }

    /// Runs a statement that must give exactly one row and reads it into a struct.
    public func queryOne<T: PostgresRowDecodable>(_ sql: SQL, as type: T.Type) async throws -> T {
        try T(row: await queryOne(sql))
    }

    /// Runs a statement that gives one row or none and reads it into a struct.
    public func queryOptional<T: PostgresRowDecodable>(_ sql: SQL, as type: T.Type) async throws -> T? {
        try await queryOptional(sql).map { try T(row: $0) }
    }

    /// Sends a notification; inside a transaction it leaves with the commit.
    public func notify(_ channel: String, _ payload: String = "") async throws(PostgresError) {
        try await execute("SELECT pg_notify(\(channel), \(payload))")
    }
}
