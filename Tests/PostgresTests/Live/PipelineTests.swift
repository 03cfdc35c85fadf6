import Postgres
import TestStack
import Testing

@Suite("Pipelines")
struct PipelineTests {
    private func connection() async throws -> PostgresConnection {
        let connection = try await freshConnection()
        try await connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, note text)")
        return connection
    }

    private func count(_ connection: PostgresConnection) async throws -> Int {
        try await connection.queryOne("SELECT count(*) AS n FROM t").get("n")
    }

    @Test("every statement gives its own result, in order")
    func success() async throws {
        let connection = try await connection()
        for _ in 0..<2 {
            let results = try await connection.pipeline([
                "INSERT INTO t VALUES (\(1), \("a")), (\(2), \("b"))", "SELECT note FROM t ORDER BY id",
                "UPDATE t SET note = \("c") WHERE id = \(2)", "SET LOCAL work_mem = '1MB'", "DELETE FROM t",
            ])
            #expect(results.map(\.affected) == [2, 2, 1, 0, 2])
            #expect(try results[1].rows.map { try $0.get("note", as: String.self) } == ["a", "b"])
        }
        #expect(try await connection.pipeline([]).isEmpty)
        connection.close()
    }

    @Test(
        "an error in the middle is thrown, undoes the whole and leaves the connection usable", arguments: [true, false])
    func failure(isPrepared: Bool) async throws {
        let connection = try await connection()
        let statements: [SQL] = [
            "INSERT INTO t VALUES (\(1))", "INSERT INTO t VALUES (\(1), \("again"))", "INSERT INTO t VALUES (\(2))",
        ]
        if isPrepared {
            try await connection.execute("INSERT INTO t VALUES (\(1))")
            try await connection.execute("DELETE FROM t")
        }
        let error = await #expect(throws: PostgresError.self) { try await connection.pipeline(statements) }
        #expect(error?.sqlState == .uniqueViolation)
        #expect(try await count(connection) == 0)
        let wrong = await #expect(throws: PostgresError.self) {
            try await connection.pipeline(["INSERT INTO t VALUES (\(1))", "SELECT nothing FROM nowhere"])
        }
        #expect(wrong?.sqlState == .undefinedTable)
        #expect(try await count(connection) == 0)
        connection.close()
    }

    @Test("within a transaction it shares its fate")
    func inTransaction() async throws {
        let connection = try await connection()
        try await connection.transaction { transaction in
            _ = try await transaction.pipeline(["INSERT INTO t VALUES (\(1))", "INSERT INTO t VALUES (\(2))"])
            _ = try? await transaction.savepoint {
                _ = try await transaction.pipeline(["INSERT INTO t VALUES (\(3))", "INSERT INTO t VALUES (\(1))"])
            }
            _ = try await transaction.pipeline(["INSERT INTO t VALUES (\(4))"])
        }
        #expect(try await count(connection) == 3)
        connection.close()
    }

    @Test("a definition is seen by what follows it")
    func definitions() async throws {
        let connection = try await connection()
        let results = try await connection.pipeline([
            "CREATE TABLE u (a int)", "INSERT INTO u VALUES (\(Int32(1)))", "SELECT a FROM u",
        ])
        #expect(try results[2].rows[0].get("a") == 1)
        connection.close()
    }

    @Test("thousands of statements with much data in both directions do not block each other")
    func large() async throws {
        let connection = try await connection()
        let text = String(repeating: "x", count: 20_000)
        let statements = (0..<3000).map { "SELECT \($0) AS n, \(text) AS t" as SQL }
        let results = try await within { try await connection.pipeline(statements) }
        #expect(results.count == 3000)
        #expect(try results[2999].rows[0].get("n") == 2999)
        #expect(try results[1500].rows[0].get("t", as: String.self).utf8.count == 20_000)
        connection.close()
    }

    @Test("COPY is refused before anything is sent")
    func copy() async throws {
        let connection = try await connection()
        let error = await #expect(throws: PostgresError.self) {
            try await connection.pipeline(["INSERT INTO t VALUES (\(1))", "/* x */ COPY t TO STDOUT"])
        }
        #expect(error?.code == .usage)
        #expect(try await count(connection) == 0)
        connection.close()
    }

    @Test("a value that cannot be sent is refused before anything is sent")
    func badValue() async throws {
        let connection = try await connection()
        let error = await #expect(throws: PostgresError.self) {
            try await connection.pipeline(["INSERT INTO t VALUES (\(1))", "SELECT \(PostgresValue.invalid("never"))"])
        }
        #expect(error?.code == .usage)
        #expect(try await count(connection) == 0)
        connection.close()
    }
}
