import Postgres
import TestStack
import Testing

/// A server that dies, freezes, or turns read-only (D1, D9 of the fault list); one server for all, one test at a time.
@Suite("Faults of the server", .serialized)
struct ServerFaultTests {
    private static let victim = Task { try await PrivatePostgres.own() }

    private func pool(_ url: String, size: Int = 4, _ change: (inout PostgresConfiguration) -> Void = { _ in })
        -> PostgresPool
    {
        var configuration = testConfiguration(url, size: size)
        change(&configuration)
        return PostgresPool(configuration, logger: quietLogger)
    }

    @Test("a server that is killed and started again is found again, and what was committed is there")
    func killed() async throws {
        FaultRecord.note("D1", "the server killed and started again under a pool")
        let server = try await Self.victim.value
        let pool = pool(server.url())
        try await pool.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
        let committed = Tally()
        let load = Task<Void, Never> {
            for number in 0... {
                if Task.isCancelled { return }
                do {
                    try await pool.transaction { try await $0.execute("INSERT INTO t VALUES (\(number))") }
                    committed.add()
                } catch {
                    let expected: [PostgresError.Code] = [.connection, .commitOutcomeUnknown, .poolTimeout, .cancelled]
                    let isExpected = (error as? PostgresError).map { expected.contains($0.code) } ?? false
                    #expect(isExpected, "\(error)")
                }
            }
        }
        try await eventually { committed.value > 20 }
        try server.kill()
        try await eventually("the kill is noticed") { !pool.health.reachable }
        let before = committed.value
        try await server.start()
        try await eventually("the pool recovers") { committed.value > before + 20 }
        #expect(pool.health.reachable)
        load.cancel()
        await load.value
        let rows: Int = try await pool.queryOne("SELECT count(*) AS n FROM t").get("n")
        #expect(rows >= committed.value)
        await pool.close()
    }

    @Test("callers beyond what the pool holds are refused while the server restarts, and none waits for ever")
    func restartUnderLoad() async throws {
        let server = try await Self.victim.value
        let pool = pool(server.url(), size: 3) {
            $0.acquireTimeout = .milliseconds(500)
            $0.maximumWaiters = 16
        }
        try await pool.execute("CREATE TABLE crowd (id bigint PRIMARY KEY)")
        let (next, committed, unknown) = (Tally(), Locked<Set<Int>>([]), Locked<Set<Int>>([]))
        let refusals = Locked<[PostgresError.Code: Int]>([:])
        let isOver = Locked(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<24 {
                group.addTask {
                    var number = worker
                    while !isOver.withLock({ $0 }) {
                        number += 24
                        do {
                            try await pool.transaction { try await $0.execute("INSERT INTO crowd VALUES (\(number))") }
                            committed.withLock { _ = $0.insert(number) }
                            next.add()
                        } catch let error as PostgresError {
                            #expect(error.isRetriable || error.code == .commitOutcomeUnknown, "\(error)")
                            if error.code == .commitOutcomeUnknown { unknown.withLock { _ = $0.insert(number) } }
                            refusals.withLock { $0[error.code, default: 0] += 1 }
                            // Refused at once, it would do nothing but ask.
                            await Task.yield()
                        }
                    }
                }
            }
            for _ in 0..<2 {
                let before = next.value
                try await eventually("work is done") { next.value > before + 100 }
                try await server.restart(immediate: true)
            }
            let before = next.value
            try await eventually("work goes on") { next.value > before + 100 }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        // Both faults happened: too many callers, and a server that was away.
        #expect(refusals.withLock { $0[.poolTimeout] ?? 0 } > 0)
        #expect(refusals.withLock { $0[.connection] ?? 0 } > 0)
        let rows: Set<Int> = Set(try await pool.query("SELECT id FROM crowd").map { try $0.get("id") })
        let sure = committed.withLock { $0 }
        #expect(rows.isSuperset(of: sure))
        #expect(rows.subtracting(sure).isSubset(of: unknown.withLock { $0 }))
        try await eventually { pool.health.waiting == 0 && pool.health.idle == pool.health.total }
        #expect(pool.health.total <= 3)
        await pool.close()
    }

    @Test("an idle pool notices a restart by itself")
    func idleRestart() async throws {
        FaultRecord.note("D1", "the server restarted under an idle pool")
        let server = try await Self.victim.value
        let pool = pool(server.url())
        _ = try await pool.query("SELECT 1")
        try await server.stop()
        try await eventually { !pool.health.reachable }
        #expect(pool.health.total == 0)
        try await server.start()
        try await eventually { pool.health.reachable }
        #expect(try await pool.queryOne("SELECT 1 AS a").get("a") == 1)
        await pool.close()
    }

    @Test("cancelling at a frozen server ends within the grace")
    func frozenCancel() async throws {
        FaultRecord.note("D12", "a statement cancelled at a frozen server")
        let server = try await Self.victim.value
        let pool = pool(server.url(), size: 1) { $0.answerGrace = .milliseconds(300) }
        _ = try await pool.query("SELECT 1")
        try server.freeze()
        let task = Task { try await pool.query("SELECT 1") }
        try await eventually { pool.health.idle == 0 }
        task.cancel()
        await #expect(throws: PostgresError.self) { try await within { try await task.value } }
        try server.thaw()
        try await eventually { (try? await pool.query("SELECT 1")) != nil }
        await pool.close()
    }

    @Test("a connection to a server that turned read-only is not used again")
    func readOnly() async throws {
        FaultRecord.note("D9", "the server turned read-only under a connection")
        let server = try await Self.victim.value
        let pool = pool(server.url(), size: 1)
        try await pool.execute("CREATE TABLE r (a int)")
        let before = try await pool.withConnection { $0.id }
        try await pool.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        try await pool.execute("SELECT pg_reload_conf()")
        try await eventually {
            try await pool.queryOne("SHOW default_transaction_read_only").get(at: 0, as: String.self) == "on"
        }
        let error = await #expect(throws: PostgresError.self) { try await pool.execute("INSERT INTO r VALUES (1)") }
        #expect(error?.sqlState == .readOnlyTransaction)
        #expect(error?.isRetriable == true)
        #expect(try await pool.withConnection { $0.id } != before)
        // The other tests need the server as it was.
        try await pool.execute("ALTER SYSTEM RESET default_transaction_read_only")
        try await pool.execute("SELECT pg_reload_conf()")
        await pool.close()
    }
}
