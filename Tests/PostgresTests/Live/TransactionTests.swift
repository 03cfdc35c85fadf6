import Postgres
import Synchronization
import TestStack
import Testing

private struct Oops: Error {}

@Suite("Transactions")
struct TransactionTests {
    private func table(size: Int = 4) async throws -> PostgresPool {
        let pool = try await freshPool(size: size)
        try await pool.execute("CREATE TABLE t (id bigint PRIMARY KEY, note text)")
        return pool
    }

    private func ids(_ pool: PostgresPool) async throws -> [Int] {
        try await pool.query("SELECT id FROM t ORDER BY id").map { try $0.get("id") }
    }

    @Test("what the body wrote is there after it returns")
    func commits() async throws {
        let pool = try await table()
        let seen = try await pool.transaction { transaction in
            try await transaction.execute("INSERT INTO t VALUES (\(1), \("one"))")
            try await transaction.execute("INSERT INTO t VALUES (\(2), \(String?.none))")
            return try await transaction.queryOne("SELECT count(*) AS n FROM t").get("n", as: Int.self)
        }
        #expect(seen == 2)
        #expect(try await ids(pool) == [1, 2])
        await pool.close()
    }

    @Test("what the body wrote is gone after it throws, and the connection is used again")
    func rollsBack() async throws {
        let pool = try await table(size: 1)
        await #expect(throws: Oops.self) {
            try await pool.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                throw Oops()
            }
        }
        #expect(try await ids(pool).isEmpty)
        #expect(pool.health.total == 1)
        await pool.close()
    }

    @Test("an error that the body swallows does not pass for a commit")
    func swallowed() async throws {
        let pool = try await table()
        let hooks = Atomic<Int>(0)
        let error = await #expect(throws: PostgresError.self) {
            try await pool.transaction { transaction in
                transaction.afterCommit { hooks.add(1, ordering: .relaxed) }
                try await transaction.execute("INSERT INTO t VALUES (1)")
                _ = try? await transaction.execute("INSERT INTO t VALUES (1)")
            }
        }
        #expect(error?.sqlState == .inFailedTransaction)
        #expect(hooks.load(ordering: .relaxed) == 0)
        #expect(try await ids(pool).isEmpty)
        await pool.close()
    }

    @Test("a transaction without statements reaches no server and still runs its hooks")
    func empty() async throws {
        let pool = try await table(size: 1)
        let hooks = Atomic<Int>(0)
        try await pool.transaction { $0.afterCommit { hooks.add(1, ordering: .relaxed) } }
        #expect(hooks.load(ordering: .relaxed) == 1)
        await pool.close()
    }

    @Test("hooks run after the commit in their order, and never after a rollback")
    func hooks() async throws {
        let pool = try await table()
        let order = Locked<[Int]>([])
        try await pool.transaction { transaction in
            transaction.afterCommit { order.withLock { $0.append(1) } }
            try await transaction.execute("INSERT INTO t VALUES (1)")
            transaction.afterCommit { order.withLock { $0.append(2) } }
            #expect(order.withLock { $0.isEmpty })
        }
        _ = try? await pool.transaction { transaction in
            transaction.afterCommit { order.withLock { $0.append(3) } }
            throw Oops()
        }
        #expect(order.withLock { $0 } == [1, 2])
        await pool.close()
    }

    @Test("the options reach the server")
    func options() async throws {
        let pool = try await table()
        let options = TransactionOptions(
            isolation: .serializable, isReadOnly: true, isDeferrable: true, statementTimeout: .seconds(7),
            lockTimeout: .seconds(3))
        let settings: [String] = try await pool.transaction(options) { transaction in
            try await transaction.queryOne(
                """
                SELECT ARRAY[current_setting('transaction_isolation'), current_setting('transaction_read_only'),
                    current_setting('transaction_deferrable'), current_setting('statement_timeout'),
                    current_setting('lock_timeout')] AS settings
                """
            ).get("settings")
        }
        #expect(settings == ["serializable", "on", "on", "7s", "3s"])
        let error = await #expect(throws: PostgresError.self) {
            try await pool.transaction(options) { try await $0.execute("INSERT INTO t VALUES (1)") }
        }
        #expect(error?.sqlState == .readOnlyTransaction)
        await pool.close()
    }

    @Test("a savepoint undoes its part alone, also nested, also its hooks")
    func savepoints() async throws {
        let pool = try await table()
        let hooks = Locked<[String]>([])
        try await pool.transaction { transaction in
            try await transaction.execute("INSERT INTO t VALUES (1)")
            await #expect(throws: PostgresError.self) {
                try await transaction.savepoint {
                    try await transaction.execute("INSERT INTO t VALUES (2)")
                    transaction.afterCommit { hooks.withLock { $0.append("undone") } }
                    try await transaction.execute("INSERT INTO t VALUES (1)")
                }
            }
            try await transaction.savepoint {
                try await transaction.execute("INSERT INTO t VALUES (3)")
                transaction.afterCommit { hooks.withLock { $0.append("kept") } }
                _ = try? await transaction.savepoint {
                    try await transaction.execute("INSERT INTO t VALUES (4)")
                    throw Oops()
                }
                try await transaction.execute("INSERT INTO t VALUES (5)")
            }
            try await transaction.savepoint {}
        }
        #expect(try await ids(pool) == [1, 3, 5])
        #expect(hooks.withLock { $0 } == ["kept"])
        await pool.close()
    }

    @Test("a savepoint as the first thing, with a failure as the first thing in it")
    func savepointFirst() async throws {
        let pool = try await table()
        try await pool.transaction { transaction in
            _ = try? await transaction.savepoint { try await transaction.execute("INSERT INTO nowhere VALUES (1)") }
            _ = try? await transaction.savepoint { throw Oops() }
            try await transaction.execute("INSERT INTO t VALUES (1)")
        }
        #expect(try await ids(pool) == [1])
        // A failed savepoint as the last thing: its ROLLBACK TO travels with the commit.
        try await pool.transaction { transaction in
            try await transaction.execute("INSERT INTO t VALUES (2)")
            _ = try? await transaction.savepoint { try await transaction.execute("INSERT INTO t VALUES (1)") }
        }
        #expect(try await ids(pool) == [1, 2])
        await pool.close()
    }

    @Test("savepoints that overlap are refused")
    func overlapping() async throws {
        let pool = try await table()
        let error = await #expect(throws: PostgresError.self) {
            try await pool.transaction { transaction in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let gate = AsyncStream<Void>.makeStream()
                    group.addTask {
                        try await transaction.savepoint { for await _ in gate.stream { break } }
                    }
                    group.addTask {
                        try await transaction.savepoint {
                            gate.continuation.yield(); try await Task.sleep(for: .seconds(1))
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
        #expect(error?.code == .usage)
        await pool.close()
    }

    @Test("a transaction that is over takes no statement")
    func over() async throws {
        let pool = try await table()
        let kept = try await pool.transaction { $0 }
        let error = await #expect(throws: PostgresError.self) { try await kept.execute("INSERT INTO t VALUES (1)") }
        #expect(error?.code == .usage)
        #expect(try await ids(pool).isEmpty)
        await pool.close()
    }

    @Test("a serialization failure is run again when asked")
    func retries() async throws {
        FaultRecord.note("D5", "a serialization failure")
        let pool = try await table()
        try await pool.execute("INSERT INTO t VALUES (1, '0')")
        let attempts = Atomic<Int>(0)
        let options = TransactionOptions(isolation: .repeatableRead, attempts: 3)
        try await pool.transaction(options) { transaction in
            let attempt = attempts.add(1, ordering: .relaxed).newValue
            _ = try await transaction.query("SELECT note FROM t WHERE id = 1")
            if attempt == 1 { try await pool.execute("UPDATE t SET note = 'other' WHERE id = 1") }
            try await transaction.execute("UPDATE t SET note = 'mine' WHERE id = 1")
        }
        #expect(attempts.load(ordering: .relaxed) == 2)
        #expect(try await pool.queryOne("SELECT note FROM t").get("note") == "mine")
        await pool.close()
    }

    @Test("a deadlock ends one of the two, which is retriable")
    func deadlock() async throws {
        FaultRecord.note("D5", "a deadlock of two transactions")
        let pool = try await table()
        try await pool.execute("INSERT INTO t VALUES (1), (2)")
        let met = Tally()
        let results = await withTaskGroup(of: PostgresError?.self) { group in
            for (first, second) in [(1, 2), (2, 1)] {
                group.addTask {
                    do {
                        try await pool.transaction { transaction in
                            try await transaction.execute("UPDATE t SET note = 'x' WHERE id = \(first)")
                            met.add()
                            try await eventually { met.value == 2 }
                            try await transaction.execute("UPDATE t SET note = 'x' WHERE id = \(second)")
                        }
                        return nil
                    } catch { return error as? PostgresError }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let failures = results.compactMap(\.self)
        #expect(failures.map(\.sqlState) == [.deadlockDetected])
        #expect(failures.map(\.isRetriable) == [true])
        await pool.close()
    }

    @Test("a deferred constraint fails at the commit as the server's error, not as unknown")
    func deferredConstraint() async throws {
        let pool = try await table()
        try await pool.execute("CREATE TABLE child (id bigint REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
        let error = await #expect(throws: PostgresError.self) {
            try await pool.transaction { try await $0.execute("INSERT INTO child VALUES (9)") }
        }
        #expect(error?.code == .server)
        #expect(error?.sqlState == .foreignKeyViolation)
        #expect(try await pool.queryOne("SELECT count(*) AS n FROM child").get("n") == 0)
        await pool.close()
    }

    @Test("a transaction left open on a lent connection is rolled back")
    func leftOpen() async throws {
        let pool = try await table(size: 1)
        try await pool.withConnection { connection in
            try await connection.execute("BEGIN")
            try await connection.execute("INSERT INTO t VALUES (1)")
        }
        #expect(try await ids(pool).isEmpty)
        #expect(pool.health.total == 1)
        await pool.close()
    }

    @Test("the server's number of a transaction is the one in its rows")
    func serverID() async throws {
        let pool = try await table()
        let (number, row) = try await pool.transaction { transaction in
            let number = try await transaction.serverID()
            try await transaction.execute("INSERT INTO t VALUES (1)")
            return (number, try await transaction.queryOne("SELECT xmin::text AS x FROM t").get("x", as: String.self))
        }
        #expect(UInt32(truncatingIfNeeded: number) == UInt32(row))
        await pool.close()
    }
}
