import Postgres
import TestStack
import Testing

/// A link that is cut, falls silent, or loses bytes (D2 of the fault list).
@Suite("Faults of the link")
struct LinkFaultTests {
    private func pool(_ url: String, size: Int = 4, _ change: (inout PostgresConfiguration) -> Void = { _ in })
        -> PostgresPool
    {
        var configuration = testConfiguration(url, size: size)
        change(&configuration)
        return PostgresPool(configuration, logger: quietLogger)
    }

    @Test("a commit whose answer is cut off has an unknown outcome, and here it happened")
    func commitAnswerCut() async throws {
        FaultRecord.note("D2", "the answer to a COMMIT cut off")
        let server = try await PrivatePostgres.shared()
        let database = try await server.freshDatabase()
        let direct = pool(database)
        try await direct.execute("CREATE TABLE t (a int)")
        let proxy = try TCPProxy(to: server.port)
        let pool = pool(database.replacing(":\(server.port)/", with: ":\(proxy.port)/"), size: 1)
        let hooks = Tally()
        let error = await #expect(throws: PostgresError.self) {
            try await pool.transaction { transaction in
                transaction.afterCommit { hooks.add() }
                try await transaction.execute("INSERT INTO t VALUES (1)")
                proxy.limit(.toClient, after: 0)
            }
        }
        #expect(error?.code == .commitOutcomeUnknown)
        #expect(error?.isRetriable == false)
        #expect(hooks.value == 0)
        #expect(proxy.cuts == 1)
        try await eventually { try await direct.query("SELECT 1 FROM t").count == 1 }
        proxy.limit(.toClient, after: nil)
        #expect(try await pool.query("SELECT a FROM t").count == 1, "the pool goes on")
        await pool.close()
        await direct.close()
    }

    @Test("a commit that is cut off on its way has an unknown outcome, and here it did not happen")
    func commitRequestCut() async throws {
        FaultRecord.note("D2", "a COMMIT cut off on its way to the server")
        let server = try await PrivatePostgres.shared()
        let database = try await server.freshDatabase()
        let direct = pool(database)
        try await direct.execute("CREATE TABLE t (a int)")
        let proxy = try TCPProxy(to: server.port)
        let pool = pool(database.replacing(":\(server.port)/", with: ":\(proxy.port)/"), size: 1)
        let error = await #expect(throws: PostgresError.self) {
            try await pool.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (1)")
                proxy.limit(.toServer, after: 3)
            }
        }
        #expect(error?.code == .commitOutcomeUnknown)
        #expect(try await direct.query("SELECT 1 FROM t").isEmpty)
        await pool.close()
        await direct.close()
    }

    @Test(
        "a link that is cut before the commit is a lost connection, and the transaction is undone", arguments: [1, 2])
    func cutBeforeCommit(attempts: Int) async throws {
        FaultRecord.note("D2", "the connection cut before the COMMIT, with and without another attempt")
        let server = try await PrivatePostgres.shared()
        let database = try await server.freshDatabase()
        let proxy = try TCPProxy(to: server.port)
        let pool = pool(database.replacing(":\(server.port)/", with: ":\(proxy.port)/"), size: 1)
        try await pool.execute("CREATE TABLE t (a int)")
        let runs = Tally()
        func work() async throws {
            try await pool.transaction(TransactionOptions(attempts: attempts)) { transaction in
                runs.add()
                try await transaction.execute("INSERT INTO t VALUES (1)")
                if runs.value == 1 { proxy.cut() }
                try await transaction.execute("INSERT INTO t VALUES (2)")
            }
        }
        if attempts == 1 {
            let error = await #expect(throws: PostgresError.self) { try await work() }
            #expect(error?.code == .connection)
            #expect(error?.isRetriable == true)
            #expect(try await pool.query("SELECT 1 FROM t").isEmpty)
        } else {
            try await work()
            #expect(runs.value == 2)
            #expect(try await pool.query("SELECT 1 FROM t").count == 2)
        }
        await pool.close()
    }

    @Test("a write outside a transaction that is cut off has an unknown outcome, a read has not")
    func autocommitCut() async throws {
        FaultRecord.note("D2", "a write outside a transaction cut off")
        let server = try await PrivatePostgres.shared()
        let proxy = try TCPProxy(to: server.port)
        let pool = pool(
            try await server.freshDatabase().replacing(":\(server.port)/", with: ":\(proxy.port)/"), size: 1)
        try await pool.execute("CREATE TABLE t (a int)")
        for (statement, code) in [
            ("INSERT INTO t VALUES (1)", PostgresError.Code.commitOutcomeUnknown), ("SELECT a FROM t", .connection),
        ] {
            _ = try await pool.query(SQL(unsafe: statement))
            proxy.limit(.toClient, after: 0)
            let error = await #expect(throws: PostgresError.self) { try await pool.query(SQL(unsafe: statement)) }
            #expect(error?.code == code)
            proxy.limit(.toClient, after: nil)
        }
        await pool.close()
    }

    @Test("a server that falls silent is given up after the grace")
    func silent() async throws {
        FaultRecord.note("D12", "a server that falls silent in the middle of a statement")
        let server = try await PrivatePostgres.shared()
        let proxy = try TCPProxy(to: server.port)
        let pool = pool(server.url(port: proxy.port), size: 1) {
            $0.statementTimeout = .milliseconds(100)
            $0.answerGrace = .milliseconds(200)
        }
        _ = try await pool.query("SELECT 1")
        proxy.freeze()
        let error = await #expect(throws: PostgresError.self) {
            try await within { try await pool.query("SELECT 1") }
        }
        #expect(error?.code == .connection)
        proxy.thaw()
        try await eventually { (try? await pool.query("SELECT 1")) != nil }
        await pool.close()
    }

    @Test("an idle transaction that the server ends is a lost connection, not an unknown commit")
    func idleInTransaction() async throws {
        let server = try await PrivatePostgres.shared()
        let pool = pool(server.url(), size: 1) { $0.idleInTransactionTimeout = .milliseconds(50) }
        let other = try await PostgresConnection.open(testConfiguration(server.url()), logger: quietLogger)
        let error = await #expect(throws: PostgresError.self) {
            try await pool.transaction { transaction in
                let process = try await transaction.queryOne("SELECT pg_backend_pid() AS p").get("p", as: Int.self)
                try await eventually {
                    try await other.queryOptional("SELECT 1 FROM pg_stat_activity WHERE pid = \(process)") == nil
                }
            }
        }
        #expect(error?.code == .connection)
        #expect(error?.sqlState == .idleInTransactionTimeout)
        other.close()
        await pool.close()
    }
}
