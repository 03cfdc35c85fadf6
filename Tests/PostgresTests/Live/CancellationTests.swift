import Postgres
import TestStack
import Testing

@Suite("Cancellation")
struct CancellationTests {
    @Test("cancelling a task cancels its statement on the server")
    func statement() async throws {
        let connection = try await freshConnection()
        let other = try await superuserConnection()
        let task = Task { try await connection.query("SELECT pg_sleep(100)") }
        try await waitUntilSleeping(connection, other)
        task.cancel()
        let error = await #expect(throws: PostgresError.self) { try await within { try await task.value } }
        #expect(error?.code == .cancelled)
        #expect(try await connection.queryOne("SELECT 1 AS a").get("a") == 1)
        connection.close()
        other.close()
    }

    @Test("cancelling a transaction rolls it back")
    func transaction() async throws {
        let pool = try await freshPool(size: 2)
        try await pool.execute("CREATE TABLE t (a int)")
        let started = Tally()
        let task = Task {
            try await pool.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                started.add()
                _ = try await transaction.query("SELECT pg_sleep(100)")
            }
        }
        try await eventually { started.value == 1 }
        task.cancel()
        let error = await #expect(throws: PostgresError.self) { try await within { try await task.value } }
        #expect(error?.code == .cancelled)
        #expect(try await pool.query("SELECT 1 FROM t").isEmpty)
        await pool.close()
    }

    @Test("a task that is cancelled before its commit does not commit")
    func beforeCommit() async throws {
        let pool = try await freshPool(size: 1)
        try await pool.execute("CREATE TABLE t (a int)")
        let task = Task {
            try await pool.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try await pool.query("SELECT 1 FROM t").isEmpty)
        await pool.close()
    }

    @Test("a statement that waits behind another never starts once cancelled")
    func queued() async throws {
        let connection = try await freshConnection()
        let other = try await superuserConnection()
        try await connection.execute("CREATE TABLE t (a int)")
        let first = Task { try await connection.query("SELECT pg_sleep(100)") }
        try await waitUntilSleeping(connection, other)
        let second = Task { try await connection.execute("INSERT INTO t VALUES (1)") }
        second.cancel()
        let error = await #expect(throws: PostgresError.self) { try await within { try await second.value } }
        #expect(error?.code == .cancelled)
        connection.cancelCurrent()
        let firstError = await #expect(throws: PostgresError.self) { try await within { try await first.value } }
        #expect(firstError?.code == .cancelled)
        #expect(try await connection.query("SELECT 1 FROM t").isEmpty)
        connection.close()
        other.close()
    }

    @Test("a cancellation never hits the next statement")
    func neverTheNext() async throws {
        let connection = try await freshConnection()
        var cancelled = 0
        for round in 0..<300 {
            let task = Task { try await connection.query("SELECT \(round) AS victim") }
            // Sometimes before, sometimes while, sometimes after the statement runs.
            if round.isMultiple(of: 3) { await Task.yield() }
            task.cancel()
            if case .failure(let error as PostgresError) = await task.result {
                #expect(error.code == .cancelled)
                cancelled += 1
            }
            connection.cancelCurrent()
            let next: Int = try await connection.queryOne("SELECT \(round) AS n").get("n")
            #expect(next == round)
        }
        #expect(cancelled > 0)
        connection.close()
    }

    @Test("a cancellation takes effect whenever it comes")
    func always() async throws {
        let connection = try await freshConnection()
        for round in 0..<60 {
            let task = Task { try await connection.query("SELECT pg_sleep(100), \(round)") }
            for _ in 0..<round { await Task.yield() }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await within { try await task.value } }
            #expect(error?.code == .cancelled)
        }
        #expect(connection.isOpen)
        connection.close()
    }

    @Test("a statement time-out is the server's error, not a cancellation")
    func timeOut() async throws {
        let connection = try await freshConnection { $0.statementTimeout = .milliseconds(50) }
        let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT pg_sleep(100)") }
        #expect(error?.code == .server)
        #expect(error?.sqlState == .queryCanceled)
        connection.close()
    }

    @Test("a COPY can be cancelled in both directions")
    func copy() async throws {
        let connection = try await freshConnection()
        try await connection.execute("CREATE TABLE t (a int)")
        let out = Task {
            for try await _ in connection.copyOut("COPY (SELECT pg_sleep(100)) TO STDOUT") {}
        }
        let other = try await superuserConnection()
        try await waitUntilSleeping(connection, other)
        out.cancel()
        await #expect(throws: PostgresError.self) { try await within { try await out.value } }
        let started = Tally()
        let endless = AsyncThrowingStream<[UInt8], any Error> {
            started.add()
            try await Task.sleep(for: .milliseconds(1))
            return Array("1\n".utf8)
        }
        let into = Task { try await connection.copyIn("COPY t FROM STDIN", endless) }
        try await eventually { started.value > 3 }
        into.cancel()
        await #expect(throws: (any Error).self) { try await within { try await into.value } }
        #expect(try await connection.query("SELECT 1 FROM t").isEmpty)
        connection.close()
        other.close()
    }

    private func waitUntilSleeping(_ connection: PostgresConnection, _ other: PostgresConnection) async throws {
        try await eventually("the statement sleeps") {
            try await other.queryOptional(
                "SELECT 1 FROM pg_stat_activity WHERE pid = \(connection.processID) AND wait_event = 'PgSleep'") != nil
        }
    }
}
