import Foundation
import Postgres
import TestStack
import Testing

@Suite("Statements")
struct StatementTests {
    @Test(
        "a hostile value stays a value",
        arguments: [
            "'; DROP TABLE t; --", "$1", "\\'; --", "\u{202E}", "%s %d", "' OR '1'='1",
        ])
    func hostile(value: String) async throws {
        let connection = try await freshConnection()
        try await connection.execute("CREATE TABLE t (a text)")
        try await connection.execute("INSERT INTO t VALUES (\(value))")
        let rows = try await connection.query("SELECT a FROM t WHERE a = \(value)")
        #expect(try rows.map { try $0.get("a", as: String.self) } == [value])
        connection.close()
    }

    @Test("a hostile name stays a name")
    func hostileName() async throws {
        let connection = try await freshConnection()
        let name = "t\"; DROP SCHEMA public; --"
        try await connection.execute("CREATE TABLE \(identifier: name) (a int)")
        #expect(try await connection.query("SELECT a FROM \(identifier: name)").isEmpty)
        connection.close()
    }

    @Test("a NUL is refused and never cuts anything short")
    func nul() async throws {
        let connection = try await freshConnection()
        let text = await #expect(throws: PostgresError.self) { try await connection.query("SELECT \("a\0b")") }
        #expect(text?.sqlState == .characterNotInRepertoire)
        let loose = await #expect(throws: PostgresError.self) {
            try await connection.query("SELECT \(PostgresValue.text("a\0b"))")
        }
        #expect(loose?.code == .usage)
        let statement = await #expect(throws: PostgresError.self) {
            try await connection.query(SQL(unsafe: "SELECT 1\0; SELECT 2"))
        }
        #expect(statement?.code == .usage)
        #expect(try await connection.queryOne("SELECT 1 AS a").get("a") == 1)
        connection.close()
    }

    @Test("rows affected are counted")
    func affected() async throws {
        let connection = try await freshConnection()
        #expect(try await connection.execute("CREATE TABLE t (a int)") == 0)
        #expect(try await connection.execute("INSERT INTO t SELECT generate_series(1, 5)") == 5)
        #expect(try await connection.execute("UPDATE t SET a = a + 1 WHERE a > 3") == 2)
        #expect(try await connection.execute("DELETE FROM t WHERE false") == 0)
        #expect(try await connection.execute("SELECT a FROM t") == 5)
        connection.close()
    }

    @Test("an error of the server is typed, and the connection goes on")
    func errors() async throws {
        let connection = try await freshConnection()
        try await connection.execute("CREATE TABLE t (a int CONSTRAINT positive CHECK (a > 0) CONSTRAINT one UNIQUE)")
        try await connection.execute("INSERT INTO t VALUES (1)")
        let duplicate = await #expect(throws: PostgresError.self) {
            try await connection.execute("INSERT INTO t VALUES (1)")
        }
        #expect(duplicate?.code == .server)
        #expect(duplicate?.sqlState == .uniqueViolation)
        #expect(duplicate?.constraint == "one")
        #expect(duplicate?.table == "t")
        #expect(duplicate?.isRetriable == false)
        #expect(duplicate?.description.contains("(1)") == false, "the detail quotes the value")
        let check = await #expect(throws: PostgresError.self) {
            try await connection.execute("INSERT INTO t VALUES (\(Int32(-7)))")
        }
        #expect(check?.sqlState == .checkViolation)
        let value = await #expect(throws: PostgresError.self) {
            try await connection.query("SELECT \("secret-7")::int")
        }
        #expect(value?.sqlState == .invalidTextRepresentation)
        #expect(value?.description.contains("secret-7") == false)
        let syntax = await #expect(throws: PostgresError.self) { try await connection.query("SELEKT 1") }
        #expect(syntax?.sqlState == .syntaxError)
        #expect(try await connection.queryOne("SELECT count(*) AS n FROM t").get("n") == 1)
        connection.close()
    }

    @Test("decoding errors name the column and both types")
    func decoding() async throws {
        let connection = try await freshConnection()
        let row = try await connection.queryOne("SELECT 'x'::text AS word, NULL::int AS nothing, 70000 AS big")
        func message<T: PostgresDecodable>(_ column: String, _ type: T.Type) -> String? {
            let error = #expect(throws: PostgresError.self) { try row.get(column, as: type) }
            #expect(error?.code == .decoding)
            #expect(error?.column == column)
            return error?.message
        }
        #expect(message("word", Int.self) == "column \"word\": text is no Int")
        #expect(message("word", [Int].self) == "column \"word\": text is no array")
        #expect(message("nothing", Int.self) == "column \"nothing\": integer is no Int: it is NULL")
        #expect(message("big", Int16.self) == "column \"big\": integer is no Int16: out of range")
        #expect(message("absent", Int.self) == "column \"absent\": the result has no such column")
        #expect(try row.get("nothing", as: Int?.self) == nil)
        connection.close()
    }

    @Test("one row, at most one row, rows as structs")
    func conveniences() async throws {
        struct Pair: PostgresRowDecodable, Equatable {
            var a: Int
            var b: String?
            init(a: Int, b: String?) { (self.a, self.b) = (a, b) }
            init(row: PostgresRow) throws { self.init(a: try row.get("a"), b: try row.get("b")) }
        }
        let pool = try await freshPool()
        let pairs: SQL = "SELECT * FROM (VALUES (1, 'x'), (2, NULL)) AS t (a, b) ORDER BY a"
        #expect(try await pool.query(pairs, as: Pair.self) == [Pair(a: 1, b: "x"), Pair(a: 2, b: nil)])
        #expect(try await pool.queryOptional("SELECT 1 WHERE false") == nil)
        await #expect(throws: PostgresError.self) { try await pool.queryOne(pairs) }
        await #expect(throws: PostgresError.self) { try await pool.queryOptional(pairs) }
        await #expect(throws: PostgresError.self) { try await pool.queryOne("SELECT 1 WHERE false") }
        await pool.close()
    }

    @Test("a row outlives its connection")
    func rowsOutlive() async throws {
        let connection = try await freshConnection()
        let rows = try await connection.query("SELECT n, repeat('x', 1000) AS s FROM generate_series(1, 1000) AS n")
        connection.close()
        #expect(try rows.reduce(0) { try $0 + $1.get("n", as: Int.self) } == 500_500)
        #expect(try rows[999].get("s", as: String.self).count == 1000)
    }

    @Test("a prepared statement whose table changed is prepared again without a word")
    func changedResultType() async throws {
        let connection = try await freshConnection()
        try await connection.execute("CREATE TABLE t (a int)")
        try await connection.execute("INSERT INTO t VALUES (1)")
        let star: SQL = "SELECT * FROM t"
        #expect(try await connection.queryOne(star).columns == ["a"])
        try await connection.execute("ALTER TABLE t ADD b text DEFAULT 'new'")
        #expect(try await connection.queryOne(star).get("b") == "new")
        try await connection.execute("ALTER TABLE t ALTER b DROP DEFAULT, ALTER b TYPE interval USING NULL")
        #expect(try await connection.pipeline([star, "SELECT 1"])[0].rows[0].isNull("b"))
        try await connection.execute("DEALLOCATE ALL")
        #expect(try await connection.queryOne(star).get("a") == 1)
        connection.close()
    }

    @Test("inside a transaction it is an error worth repeating, and the next attempt works")
    func changedInTransaction() async throws {
        let pool = try await freshPool(size: 1)
        try await pool.execute("CREATE TABLE t (a int)")
        try await pool.execute("INSERT INTO t VALUES (1)")
        let star: SQL = "SELECT * FROM t"
        _ = try await pool.query(star)
        try await pool.execute("ALTER TABLE t ADD b text")
        let error = await #expect(throws: PostgresError.self) {
            try await pool.transaction { try await $0.query(star) }
        }
        #expect(error?.isRetriable == true)
        #expect(try await pool.transaction { try await $0.queryOne(star).columns } == ["a", "b"])
        await pool.close()
    }

    @Test("statements that leave the cache are dropped on the server too")
    func cacheBound() async throws {
        let connection = try await freshConnection { $0.statementCacheSize = 5 }
        for number in 0..<40 {
            let text = "SELECT \(number) AS n"
            #expect(try await connection.queryOne(SQL(unsafe: text)).get("n") == number)
        }
        let kept: Int = try await connection.queryOne("SELECT count(*) AS n FROM pg_prepared_statements").get("n")
        #expect(kept <= 7)
        connection.close()
    }

    @Test("many tasks share one connection in order")
    func shared() async throws {
        let connection = try await freshConnection()
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<200 {
                group.addTask { try await connection.queryOne("SELECT \(number) AS n").get("n") }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 19_900)
        connection.close()
    }

    @Test("an unreadable URL is an error that does not repeat the password")
    func badURL() async throws {
        let configuration = PostgresConfiguration(url: "postgresql://user:hunter2@host:port:x/db?nonsense=1")
        let error = await #expect(throws: PostgresError.self) {
            try await PostgresConnection.open(configuration, logger: quietLogger)
        }
        #expect(error?.code == .configuration)
        #expect("\(String(describing: error))".contains("hunter2") == false)
        let pool = PostgresPool(configuration, logger: quietLogger)
        let refused = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        #expect(refused?.code == .configuration)
        #expect(!pool.health.reachable)
        await pool.close()
    }

    @Test("the session is set up as configured, and the URL wins")
    func sessionSettings() async throws {
        let url = try await PrivatePostgres.shared().freshSchema()
        var configuration = PostgresConfiguration(url: url, applicationName: "hoso test")
        configuration.statementTimeout = .milliseconds(1500)
        configuration.lockTimeout = .seconds(2)
        configuration.idleInTransactionTimeout = .seconds(3)
        configuration.searchPath = "pg_catalog, public"
        func settings(_ configuration: PostgresConfiguration) async throws -> [String] {
            let connection = try await PostgresConnection.open(configuration, logger: quietLogger)
            defer { connection.close() }
            let row = try await connection.queryOne(
                """
                SELECT ARRAY[current_setting('application_name'), current_setting('statement_timeout'),
                    current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'),
                    current_setting('search_path')] AS settings
                """)
            return try row.get("settings")
        }
        #expect(try await settings(configuration) == ["hoso test", "1500ms", "2s", "3s", "pg_catalog, public"])
        configuration.url += "&application_name=other&options=-c%20statement_timeout%3D9s"
        #expect(try await settings(configuration).prefix(2) == ["other", "9s"])
    }
}
