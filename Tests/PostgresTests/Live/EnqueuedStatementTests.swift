import Postgres
import TestStack
import Testing

private struct Oops: Error {}

@Suite("Statements that travel with the next one")
struct EnqueuedStatementTests {
    private func table() async throws -> PostgresPool {
        let pool = try await freshPool(size: 2)
        try await pool.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
        return pool
    }

    private func ids(_ pool: PostgresPool) async throws -> [Int] {
        try await pool.query("SELECT id FROM t ORDER BY id").map { try $0.get("id") }
    }

    @Test("they run in their order before whatever is asked next, and with the commit")
    func order() async throws {
        let pool = try await table()
        let seen = try await pool.transaction { transaction in
            try transaction.enqueue("INSERT INTO t VALUES (1)")
            try transaction.enqueue("UPDATE t SET id = id + 1")
            let first = try await transaction.query("SELECT id FROM t").map { try $0.get("id", as: Int.self) }
            try transaction.enqueue("INSERT INTO t VALUES (\(10))")
            #expect(try await transaction.execute("UPDATE t SET id = id + 1") == 2)
            try transaction.enqueue("INSERT INTO t VALUES (20)")
            let both = try await transaction.pipeline(["SELECT count(*) AS n FROM t", "SELECT max(id) AS n FROM t"])
            try transaction.enqueue("INSERT INTO t VALUES (30)")
            let copied = try await transaction.copyOut("COPY (SELECT id FROM t ORDER BY id) TO STDOUT")
                .reduce(into: "") { $0 += String(decoding: $1, as: UTF8.self) }
            try transaction.enqueue("INSERT INTO t VALUES (40)")
            return (first, try both.map { try #require($0.rows.first).get("n", as: Int.self) }, copied)
        }
        #expect(seen == ([2], [3, 20], "3\n11\n20\n30\n"))
        #expect(try await ids(pool) == [3, 11, 20, 30, 40])
        await pool.close()
    }

    @Test("the error of one is thrown by what sends it, and nothing of the transaction stays")
    func failure() async throws {
        let pool = try await table()
        let atNext = await #expect(throws: PostgresError.self) {
            try await pool.transaction { transaction in
                try transaction.enqueue("INSERT INTO t VALUES (1), (1)")
                try await transaction.execute("INSERT INTO t VALUES (2)")
                Issue.record("the statement before has failed")
            }
        }
        let atEnd = await #expect(throws: PostgresError.self) {
            try await pool.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (2)")
                try transaction.enqueue("INSERT INTO t VALUES (2)")
            }
        }
        #expect(atNext?.sqlState == .uniqueViolation && atEnd?.sqlState == .uniqueViolation)
        #expect(try await ids(pool) == [])
        // What was enqueued by a body that threw is not sent by anybody.
        await #expect(throws: Oops.self) {
            try await pool.transaction { transaction in
                try transaction.enqueue("INSERT INTO t VALUES (3)")
                throw Oops()
            }
        }
        #expect(try await ids(pool) == [])
        await pool.close()
    }

    @Test("one within a savepoint fails within it, and is undone with it")
    func savepoint() async throws {
        let pool = try await table()
        try await pool.transaction { transaction in
            try transaction.enqueue("INSERT INTO t VALUES (1)")
            await #expect(throws: PostgresError.self) {
                try await transaction.savepoint {
                    try await transaction.execute("INSERT INTO t VALUES (2)")
                    try transaction.enqueue("INSERT INTO t VALUES (2)")
                }
            }
            await #expect(throws: Oops.self) {
                try await transaction.savepoint {
                    try transaction.enqueue("INSERT INTO t VALUES (3)")
                    throw Oops()
                }
            }
            try await transaction.savepoint { try transaction.enqueue("INSERT INTO t VALUES (4)") }
        }
        #expect(try await ids(pool) == [1, 4])
        await pool.close()
    }

    @Test("what cannot be sent is refused where it is given, and takes nothing else along")
    func refused() async throws {
        let pool = try await table()
        try await pool.transaction { transaction in
            try transaction.enqueue("INSERT INTO t VALUES (1)")
            #expect(throws: PostgresError.self) {
                try transaction.enqueue("INSERT INTO t VALUES (\(PostgresValue.invalid("no number")))")
            }
            await #expect(throws: PostgresError.self) {
                try await transaction.execute("INSERT INTO t VALUES (\(PostgresValue.invalid("no number")))")
            }
            let cancelled = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await transaction.execute("INSERT INTO t VALUES (7)")
            }
            await #expect(throws: PostgresError.self) { try await cancelled.value }
        }
        #expect(try await ids(pool) == [1])
        await pool.close()
    }

    @Test("a body that swallows the error of an enqueued statement commits nothing")
    func swallowed() async throws {
        let pool = try await table()
        let error = await #expect(throws: PostgresError.self) {
            try await pool.transaction { transaction in
                try transaction.enqueue("INSERT INTO t VALUES (1), (1)")
                try? await transaction.flush()
            }
        }
        #expect(error?.sqlState == .inFailedTransaction)
        let copy = await #expect(throws: PostgresError.self) {
            try await pool.transaction { transaction in
                try transaction.enqueue("INSERT INTO t VALUES (2)")
                // Refused within the pipeline, on the client's side.
                _ = try? await transaction.query("COPY t TO STDOUT")
            }
        }
        #expect(copy?.sqlState == .inFailedTransaction)
        #expect(try await ids(pool) == [])
        // Undone with a savepoint, it harms nobody.
        try await pool.transaction { transaction in
            try await transaction.execute("INSERT INTO t VALUES (3)")
            _ = try? await transaction.savepoint {
                try transaction.enqueue("INSERT INTO t VALUES (3)")
                try? await transaction.flush()
                throw Oops()
            }
        }
        #expect(try await ids(pool) == [3])
        await pool.close()
    }

    @Test("a transaction that is over takes nothing more")
    func over() async throws {
        let pool = try await table()
        let escaped = try await pool.transaction { $0 }
        let error = #expect(throws: PostgresError.self) { try escaped.enqueue("INSERT INTO t VALUES (1)") }
        #expect(error?.code == .usage)
        await pool.close()
    }
}
