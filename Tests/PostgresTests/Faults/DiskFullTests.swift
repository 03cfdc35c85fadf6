import Postgres
import TestStack
import Testing

/// A server without room on its disk (D4 of the fault list).
@Suite(
    "Full disk", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: SmallDisk.isAllowed, "a small disk has to be mounted, which only root may"))
struct DiskFullTests {
    private static let victim = Task { try await PrivatePostgres.own(disk: 128) }

    /// Writes rows of 100 KB that do not compress until the server refuses; the answer is how many there are and why.
    private func fill(_ pool: PostgresPool, _ table: String) async -> (rows: Int, refusal: PostgresError?) {
        for number in 1...2_000 {
            do {
                try await pool.transaction { transaction in
                    try await transaction.execute(
                        """
                        INSERT INTO \(identifier: table)
                        SELECT \(number), string_agg(md5(random()::text), '') FROM generate_series(1, 3200)
                        """)
                }
            } catch { return (number - 1, error as? PostgresError) }
        }
        return (2_000, nil)
    }

    private func pool(_ server: PrivatePostgres) -> PostgresPool {
        PostgresPool(testConfiguration(server.url(), size: 2), logger: quietLogger)
    }

    @Test("without room for a table writing is refused for now, reading goes on, and with room writing does")
    func table() async throws {
        FaultRecord.note("D4", "no room for a table, then room again")
        let server = try await Self.victim.value
        let pool = pool(server)
        // Without a log of its own, so that it is the table that finds no room.
        try await pool.execute("CREATE UNLOGGED TABLE big (id int PRIMARY KEY, text text)")
        let ballast = try server.fillDisk(leaving: 8)
        let (rows, refusal) = await fill(pool, "big")
        #expect(refusal?.sqlState == .diskFull)
        #expect(refusal?.code == .server)
        #expect(refusal?.isRetriable == true)
        #expect(pool.health.reachable)
        #expect(try await pool.queryOne("SELECT count(*) AS n FROM big WHERE length(text) > 0").get("n") == rows)
        // Whoever tries again gets through once there is room.
        let attempts = Tally()
        try await pool.transaction(TransactionOptions(attempts: 5)) { transaction in
            attempts.add()
            if attempts.value == 2 { ballast.drop() }
            try await transaction.execute(
                "INSERT INTO big SELECT -1, string_agg(md5(random()::text), '') FROM generate_series(1, 100000)")
        }
        #expect(attempts.value >= 2)
        #expect(try await pool.queryOne("SELECT count(*) AS n FROM big").get("n") == rows + 1)
        try await pool.execute("DROP TABLE big")
        await pool.close()
    }

    @Test("without room for its log the server ends; with room what was committed is there and work goes on")
    func log() async throws {
        FaultRecord.note("D4", "no room for the server's log, which ends it")
        let server = try await Self.victim.value
        let pool = pool(server)
        try await pool.execute("CREATE TABLE kept (id int PRIMARY KEY, text text)")
        let ballast = try server.fillDisk(leaving: 24)
        let (rows, refusal) = await fill(pool, "kept")
        #expect(rows > 0)
        let isLost = refusal?.code == .connection || refusal?.code == .commitOutcomeUnknown
        #expect(isLost, "\(String(describing: refusal))")
        ballast.drop()
        try? server.kill()
        try await server.start()
        try await eventually("the pool recovers") { pool.health.reachable }
        let found: Int = try await pool.queryOne("SELECT count(*) AS n FROM kept WHERE length(text) > 0").get("n")
        #expect(found == rows || found == rows + 1)
        try await pool.execute("INSERT INTO kept VALUES (-1, 'after')")
        await pool.close()
    }
}
