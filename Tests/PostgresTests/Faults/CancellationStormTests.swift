import Foundation
import Postgres
import TestStack
import Testing

/// Every call of the module, cancelled at many random moments: who was cancelled has written nothing, who was not has
/// written, and nothing stays open.
@Suite("Cancelled at any moment", .serialized, .timeLimit(.minutes(5)))
struct CancellationStormTests {
    /// One way to write a row with this number; it writes exactly when it returns.
    struct Call: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let write: @Sendable (PostgresPool, Int) async throws -> Void
    }

    static let calls = [
        Call(testDescription: "a statement") { pool, number in
            try await pool.execute("INSERT INTO t VALUES (\(number))")
        },
        Call(testDescription: "a transaction") { pool, number in
            try await pool.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (\(number))")
                _ = try await transaction.query("SELECT pg_sleep(0.0005)")
            }
        },
        Call(testDescription: "savepoints") { pool, number in
            try await pool.transaction { transaction in
                try await transaction.savepoint { try await transaction.execute("INSERT INTO t VALUES (\(number))") }
                // Swallowed, as a consumer does that parks a message.
                _ = try? await transaction.savepoint {
                    try await transaction.execute("INSERT INTO t VALUES (\(number))")
                }
            }
        },
        Call(testDescription: "a transaction that is run again") { pool, number in
            try await pool.transaction(TransactionOptions(isolation: .serializable, attempts: 100)) { transaction in
                _ = try await transaction.query("SELECT count(*) FROM t")
                try await transaction.execute("INSERT INTO t VALUES (\(number))")
            }
        },
        Call(testDescription: "a pipeline") { pool, number in
            try await pool.withConnection { connection in
                _ = try await connection.pipeline(["INSERT INTO t VALUES (\(number))", "SELECT count(*) FROM t"])
            }
        },
        Call(testDescription: "a script") { pool, number in
            try await pool.withConnection { connection in
                try await connection.executeScript("INSERT INTO t VALUES (\(number)); SELECT count(*) FROM t")
            }
        },
        Call(testDescription: "COPY in") { pool, number in
            try await pool.withConnection { connection in
                _ = try await connection.copyIn("COPY t FROM STDIN", lines(number))
            }
        },
        Call(testDescription: "COPY in within a transaction") { pool, number in
            try await pool.transaction { transaction in
                _ = try await transaction.copyIn("COPY t FROM STDIN", lines(number))
            }
        },
        Call(testDescription: "COPY out") { pool, number in
            try await pool.transaction { transaction in
                try await transaction.execute("INSERT INTO t VALUES (\(number))")
                for try await _ in transaction.copyOut("COPY (SELECT generate_series(1, 20000)) TO STDOUT") {}
                // A reader that was cancelled sees the end of nothing.
                try Task.checkCancellation()
            }
        },
        Call(testDescription: "an advisory lock that others want") { pool, number in
            try await pool.transaction { transaction in
                try await transaction.lockAdvisory(AdvisoryLockKey(named: "cancelled at any moment"))
                try await transaction.execute("INSERT INTO t VALUES (\(number))")
            }
        },
        Call(testDescription: "a notification that is waited for") { pool, number in
            try await pool.withConnection { connection in
                let channel = "c\(number)"
                let notifications = try await connection.notifications(channel)
                try await connection.notify(channel, "here")
                for try await _ in notifications { break }
                try await connection.execute("INSERT INTO t VALUES (\(number))")
            }
        },
    ]

    /// The number, as a COPY in pieces that come one after the other.
    private static func lines(_ number: Int) -> AsyncThrowingStream<[UInt8], any Error> {
        let pieces = Locked("\(number)\n".utf8.map { [$0] }[...])
        return AsyncThrowingStream {
            await Task.yield()
            return pieces.withLock { $0.popFirst() }
        }
    }

    @Test("who was cancelled has written nothing, and no transaction, lock or connection stays taken", arguments: calls)
    func storm(_ call: Call) async throws {
        let name = "storm \(UInt64.random(in: 0 ... .max))"
        let pool = try await freshPool(size: 2) { $0.applicationName = name }
        try await pool.execute("CREATE TABLE t (number bigint PRIMARY KEY)")
        let rounds = try await cancelAtRandomMoments(rounds: 60, seed: SeededGenerator.seed) { round in
            try await call.write(pool, round)
        }
        #expect(rounds.thrown[1] != nil, "who is cancelled at once does nothing")
        for (round, error) in rounds.thrown {
            let isCancellation = error is CancellationError || (error as? PostgresError)?.code == .cancelled
            #expect(isCancellation, "round \(round): \(error)")
        }
        let written: [Int] = try await pool.query("SELECT number FROM t ORDER BY number").map { try $0.get("number") }
        #expect(written == rounds.done.sorted())
        try await eventually("everything is given back") {
            pool.health.waiting == 0 && pool.health.idle == pool.health.total
        }
        try await expectQuiet(name)
        await pool.close()
    }

    /// No session of this name does anything or holds a lock.
    private func expectQuiet(_ name: String) async throws {
        let other = try await superuserConnection()
        try await eventually("every session is at rest") {
            try await other.query(
                """
                SELECT pid FROM pg_stat_activity
                WHERE application_name = \(name) AND (state <> 'idle' OR EXISTS (
                    SELECT 1 FROM pg_locks WHERE pg_locks.pid = pg_stat_activity.pid AND locktype = 'advisory'))
                """
            ).isEmpty
        }
        other.close()
    }

    @Test("connections that are opened and cancelled are closed")
    func opening() async throws {
        let name = "opening \(UInt64.random(in: 0 ... .max))"
        var configuration = testConfiguration(try await PrivatePostgres.shared().url())
        configuration.applicationName = name
        let rounds = try await cancelAtRandomMoments(rounds: 40, seed: SeededGenerator.seed) { [configuration] _ in
            let connection = try await PostgresConnection.open(configuration, logger: quietLogger)
            defer { connection.close() }
            _ = try await connection.query("SELECT 1")
        }
        #expect(!rounds.thrown.isEmpty && !rounds.done.isEmpty)
        let other = try await superuserConnection()
        try await eventually("no session is left") {
            try await other.query("SELECT 1 FROM pg_stat_activity WHERE application_name = \(name)").isEmpty
        }
        other.close()
    }

    @Test("no descriptor and no thread stays behind in the process")
    func nothingLeft() async throws {
        guard let given = OwnProcess.given else {
            return try await OwnProcess.run(Self.self, [try await PrivatePostgres.shared().freshSchema()])
        }
        func round(_ calls: [Call]) async throws {
            let pool = PostgresPool(testConfiguration(given[0], size: 2), logger: quietLogger)
            for call in calls {
                try await pool.execute("DROP TABLE IF EXISTS t")
                try await pool.execute("CREATE TABLE t (number bigint PRIMARY KEY)")
                _ = try await cancelAtRandomMoments(rounds: 10, seed: SeededGenerator.seed) {
                    try await call.write(pool, $0)
                }
            }
            await pool.close()
        }
        // The runtime keeps some for itself from its first use on.
        try await round(Array(Self.calls.prefix(1)))
        let descriptors = ProcessHoldings.descriptors
        try await round(Self.calls)
        try await eventually("the threads have ended") { ProcessHoldings.threads(named: "postgres", "pg-cancel") == 0 }
        try await eventually("the descriptors are closed") { ProcessHoldings.descriptors <= descriptors }
    }
}
