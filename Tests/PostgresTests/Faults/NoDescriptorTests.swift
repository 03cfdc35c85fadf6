import Postgres
import TestStack
import Testing

/// A process that can open no further file or socket (C9 of the fault list), in a process of its own.
@Suite("No descriptor is left", .timeLimit(.minutes(2)))
struct NoDescriptorTests {
    @Test("a pool says that it cannot connect, keeps what it has, and goes on when there are descriptors again")
    func pool() async throws {
        guard let given = OwnProcess.given else {
            FaultRecord.note("C9", "a pool whose process can open no further descriptor")
            let url = try await PrivatePostgres.shared().url()
            return try await OwnProcess.run(Self.self, [url], ending: .passingOrAborted)
        }
        var configuration = testConfiguration(given[0], size: 2)
        // Long enough for a connection on a machine that is busy; every refusal below takes as long.
        configuration.acquireTimeout = .seconds(3)
        configuration.answerGrace = .milliseconds(500)
        // For the server, which goes on with a statement whose client is gone.
        configuration.statementTimeout = .seconds(2)
        let old = PostgresPool(configuration, logger: quietLogger)
        _ = try await old.query("SELECT 1")
        let fresh = try await ProcessHoldings.withoutDescriptors {
            // What stands is used on; what would need another connection is refused in time.
            let one: Int = try await old.queryOne("SELECT 1 AS a").get("a")
            #expect(one == 1)
            try await old.withConnection { _ in
                let error = await #expect(throws: PostgresError.self) { try await old.query("SELECT 2") }
                #expect(error?.isRetriable == true)
            }
            let fresh = PostgresPool(configuration, logger: quietLogger)
            let error = await #expect(throws: PostgresError.self) { try await fresh.query("SELECT 3") }
            #expect(error?.code == .connection)
            #expect(!fresh.health.reachable && fresh.health.lastError != nil)
            await #expect(throws: PostgresError.self) {
                try await PostgresConnection.open(configuration, logger: quietLogger)
            }
            // A cancellation needs a socket; without one the connection is given up after the grace.
            let sleep = Task { try await old.query("SELECT pg_sleep(100)") }
            try await eventually { old.health.idle == 0 }
            sleep.cancel()
            await #expect(throws: PostgresError.self) { try await within { try await sleep.value } }
            return fresh
        }
        for pool in [old, fresh] {
            try await eventually("the pool recovers") { (try? await pool.query("SELECT 4")) != nil }
            try await eventually("its health says so") { pool.health.reachable }
            await pool.close()
        }
    }
}
