import Postgres
import Synchronization
import TestStack
import Testing

@Suite("Pool")
struct PoolTests {
    @Test("when every connection is taken a caller is refused at its deadline")
    func exhausted() async throws {
        FaultRecord.note("D3", "every connection of the pool taken")
        let pool = try await freshPool(size: 1) { $0.acquireTimeout = .milliseconds(200) }
        try await eventually { pool.health.idle == 1 }
        try await pool.withConnection { _ in
            let started = ContinuousClock.now
            let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(error?.code == .poolTimeout)
            #expect(error?.isRetriable == true)
            #expect(ContinuousClock.now - started >= .milliseconds(200))
            #expect(pool.health.waiting == 0)
            #expect(pool.health.idle == 0)
        }
        #expect(try await pool.queryOne("SELECT 1 AS a").get("a") == 1)
        await pool.close()
    }

    @Test("many callers share few connections")
    func sharing() async throws {
        let pool = try await freshPool(size: 3)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<300 {
                group.addTask { try await pool.queryOne("SELECT \(number) AS n").get("n") }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 44_850)
        #expect(pool.health.total <= 3)
        #expect(pool.health.reachable)
        await pool.close()
    }

    @Test("a caller that is cancelled while it waits leaves the queue")
    func cancelledWaiter() async throws {
        let pool = try await freshPool(size: 1)
        try await pool.withConnection { _ in
            let waiter = Task { try await pool.query("SELECT 1") }
            try await eventually { pool.health.waiting == 1 }
            waiter.cancel()
            let error = await #expect(throws: PostgresError.self) { try await waiter.value }
            #expect(error?.code == .cancelled)
            #expect(pool.health.waiting == 0)
        }
        await pool.close()
    }

    @Test("too many waiters are refused at once")
    func full() async throws {
        FaultRecord.note("D3", "more callers waiting than the pool lets wait")
        let pool = try await freshPool(size: 1) { $0.maximumWaiters = 1 }
        try await pool.withConnection { _ in
            let waiter = Task { try await pool.query("SELECT 1") }
            try await eventually { pool.health.waiting == 1 }
            let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
            #expect(error?.code == .poolTimeout)
            waiter.cancel()
        }
        await pool.close()
    }

    @Test("closing waits for who still works and refuses who comes later")
    func closing() async throws {
        let pool = try await freshPool(size: 2)
        let gate = AsyncStream<Void>.makeStream()
        let entered = Tally()
        let worker = Task {
            try await pool.transaction { transaction in
                entered.add()
                for await _ in gate.stream { break }
                return try await transaction.queryOne("SELECT 7 AS a").get("a", as: Int.self)
            }
        }
        try await eventually { entered.value == 1 }
        let closer = Task {
            await pool.close()
            entered.add(10)
        }
        try await eventually { !pool.health.reachable }
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        #expect(error?.code == .connection)
        #expect(entered.value == 1, "still somebody works")
        gate.continuation.yield()
        #expect(try await worker.value == 7)
        await closer.value
        #expect(pool.health.total == 0)
    }

    @Test("unused connections are closed, all but one")
    func reaping() async throws {
        let pool = try await freshPool(size: 4) { $0.idleTimeout = .milliseconds(100) }
        let met = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await pool.withConnection { connection in
                        met.add()
                        try await eventually { met.value == 4 }
                        _ = try await connection.query("SELECT 1")
                    }
                }
            }
            try await group.waitForAll()
        }
        try await eventually { pool.health.total == 1 }
        await pool.close()
    }

    @Test("a pool that is dropped takes its connections with it")
    func dropped() async throws {
        let name = "dropped \(UInt64.random(in: 0 ... .max))"
        let other = try await superuserConnection()
        func standing() async throws -> Int {
            try await other.queryOne(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = \(name)"
            ).get("n")
        }
        do {
            let pool = try await freshPool { $0.applicationName = name }
            _ = try await pool.query("SELECT 1")
            #expect(try await standing() >= 1)
        }
        try await eventually { try await standing() == 0 }
        other.close()
    }

    @Test("a server that refuses is named in the error, and the health says so")
    func unreachable() async throws {
        var configuration = PostgresConfiguration(
            url: "postgresql://nobody@127.0.0.1:\(try freePort())/none", acquireTimeout: .milliseconds(300))
        configuration.applicationName = "unreachable"
        let pool = PostgresPool(configuration, logger: quietLogger)
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        #expect(error?.code == .connection)
        #expect(error?.message.contains("refused") == true)
        #expect(!pool.health.reachable)
        #expect(pool.health.lastError != nil)
        await pool.close()
    }
}
