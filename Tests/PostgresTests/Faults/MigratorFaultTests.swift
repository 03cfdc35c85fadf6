import Foundation
import Glibc
import Postgres
import TestStack
import Testing

/// Migrations by several processes, by one that dies, under load, and beside an old snapshot (D7, D10 of the fault list).
@Suite("Migrations in trouble", .timeLimit(.minutes(5)))
struct MigratorFaultTests {
    /// What every process of these tests migrates to.
    static let steps =
        (1...8).map { step($0, "CREATE TABLE t\($0) (x int); INSERT INTO t\($0) VALUES (1); SELECT pg_sleep(0.02)") }
        + [
            step(9, "-- hoso: no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t1_x ON t1 (x)"),
            step(10, "-- hoso: backfill\nUPDATE t2 SET x = 2 WHERE x = 1"),
            step(11, "CREATE TABLE last ()"),
        ]

    static func step(_ version: Int, _ sql: String) -> Migration {
        Migration(component: "service", version: version, name: "step", sql: sql)
    }

    static func migrator(_ url: String, _ migrations: [Migration]) -> Migrator {
        var migrator = Migrator(testConfiguration(url), migrations: migrations, logger: quietLogger)
        migrator.patience.lockTimeout = .milliseconds(200)
        migrator.patience.pause = .milliseconds(10)
        return migrator
    }

    /// Whether a migrator of this schema stands where a step sleeps for long.
    static func sleeps(_ pool: PostgresPool) async throws -> Bool {
        try await pool.queryOptional(
            """
            SELECT 1 FROM pg_stat_activity
            WHERE application_name = 'postgres-tests migrate' AND usename = current_user AND wait_event = 'PgSleep'
            """) != nil
    }

    @Test("two processes at once apply everything exactly once")
    func twoProcesses() async throws {
        if let given = OwnProcess.given {
            try await Self.migrator(given[0], Self.steps).migrate()
            return
        }
        let url = try await PrivatePostgres.shared().freshSchema()
        async let one: Void = OwnProcess.run(Self.self, [url])
        async let two: Void = OwnProcess.run(Self.self, [url])
        _ = try await (one, two)
        let pool = PostgresPool(testConfiguration(url), logger: quietLogger)
        #expect(try await Migrator.check(pool, Self.steps) == .current)
        for number in 1...8 {
            let rows: [Int] = try await pool.query("SELECT x FROM \(identifier: "t\(number)")").map { try $0.get("x") }
            #expect(rows == [number == 2 ? 2 : 1])
        }
        await pool.close()
    }

    @Test("a process that dies in the middle of a step is no hindrance, and the step is whole or not there")
    func killed() async throws {
        // In a transaction, statement by statement, and in batches.
        let steps = [
            Self.step(1, "CREATE TABLE a (x int); INSERT INTO a SELECT generate_series(1, 30); SELECT pg_sleep(0.3)"),
            Self.step(
                2, "-- hoso: no-transaction\nCREATE TABLE once (); SELECT pg_sleep(0.3); CREATE TABLE c ()"),
            Self.step(
                3,
                """
                -- hoso: backfill
                UPDATE a SET x = -x WHERE x IN (SELECT x FROM a WHERE x > 0 LIMIT 10) AND pg_sleep(0.03) IS NOT NULL
                """),
        ]
        if let given = OwnProcess.given { return try await Self.dieInLastStep(of: steps, given[0], given[1]) }
        let url = try await PrivatePostgres.shared().freshSchema()
        let pool = PostgresPool(testConfiguration(url), logger: quietLogger)
        for dying in 1...3 {
            try await OwnProcess.run(Self.self, [url, "\(dying)"], ending: .killed)
            let missing = try await Migrator.check(pool, Array(steps.prefix(dying)))
            #expect(missing == .older(missing: ["service \(dying) (step)"]), "it did not die in its step")
            let next = try await Self.migrator(url, Array(steps.prefix(dying))).migrate()
            #expect(next == [steps[dying - 1]])
        }
        let row = try await pool.queryOne("SELECT count(*) AS n, count(*) FILTER (WHERE x < 0) AS filled FROM a")
        #expect(try row.get("n") == 30)
        #expect(try row.get("filled") == 30)
        await pool.close()
    }

    private static func dieInLastStep(of steps: [Migration], _ url: String, _ count: String) async throws {
        let pool = PostgresPool(testConfiguration(url), logger: quietLogger)
        let migration = Task { try await migrator(url, Array(steps.prefix(Int(count) ?? 0))).migrate() }
        try await eventually("the migration is in the middle") { try await sleeps(pool) }
        kill(getpid(), SIGKILL)
        _ = try await migration.value
    }

    @Test("a long back-fill holds up nobody who works meanwhile, and loses nothing of theirs")
    func backfillUnderLoad() async throws {
        let url = try await PrivatePostgres.shared().freshSchema()
        let pool = PostgresPool(testConfiguration(url, size: 6), logger: quietLogger)
        let first = Self.step(1, "CREATE TABLE a (id int PRIMARY KEY, count int NOT NULL DEFAULT 0)")
        try await Self.migrator(url, [first]).migrate()
        try await pool.execute("INSERT INTO a SELECT generate_series(1, 20000)")
        let steps = [
            first, Self.step(2, "ALTER TABLE a ADD copy int, ALTER copy SET DEFAULT 0"),
            Self.step(
                3,
                """
                -- hoso: backfill
                UPDATE a SET copy = 0
                WHERE id IN (SELECT id FROM a WHERE copy IS NULL ORDER BY id LIMIT 500 FOR UPDATE)
                """),
            Self.step(4, "ALTER TABLE a ALTER copy SET NOT NULL"),
        ]
        let (works, isOver, during) = (Tally(), Locked(false), Tally())
        let options = TransactionOptions(lockTimeout: .milliseconds(900))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var generator = SeededGenerator(seed: SeededGenerator.seed &+ UInt64(worker))
                    var own = 20_000 + worker
                    while !isOver.withLock({ $0 }) {
                        let id = Int.random(in: 1...20_000, using: &generator)
                        own += 4
                        // As the program of the version before does it, which knows of no new column.
                        try await pool.transaction(options) { [own] transaction in
                            try await transaction.execute("UPDATE a SET count = count + 1 WHERE id = \(id)")
                            try await transaction.execute("INSERT INTO a (id) VALUES (\(own))")
                        }
                        works.add()
                    }
                }
            }
            try await eventually("the load runs") { works.value > 100 }
            let before = works.value
            #expect(try await Self.migrator(url, steps).migrate() == Array(steps.dropFirst()))
            during.add(works.value - before)
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        #expect(during.value > 40, "there was no load while it ran")
        let row = try await pool.queryOne("SELECT sum(count) AS done, count(*) AS n, count(copy) AS filled FROM a")
        #expect(try row.get("done") == works.value)
        #expect(try row.get("n") == 20_000 + works.value)
        #expect(try row.get("filled") == 20_000 + works.value)
        await pool.close()
    }

    @Test("an old snapshot that is held for long delays the migration that needs it gone, and nobody's work")
    func oldSnapshot() async throws {
        let url = try await PrivatePostgres.shared().freshSchema()
        let pool = PostgresPool(testConfiguration(url), logger: quietLogger)
        try await pool.execute("CREATE TABLE a (id int PRIMARY KEY, x int)")
        try await pool.execute("INSERT INTO a VALUES (1, 0)")
        let steps = [
            Self.step(1, "CREATE TABLE b (y int)"),
            Self.step(2, "-- hoso: no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a_x ON a (x)"),
        ]
        let snapshot = TransactionOptions(isolation: .repeatableRead, isReadOnly: true)
        let migration = try await pool.transaction(snapshot) { holder in
            // The snapshot is taken with the first statement, whatever that looks at.
            _ = try await holder.query("SELECT 1")
            let migration = Task { try await Self.migrator(url, steps).migrate() }
            try await eventually("the index waits for the snapshot") {
                try await pool.queryOptional(
                    """
                    SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE locktype = 'virtualxid' AND NOT granted AND usename = current_user
                    """) != nil
            }
            for number in 1...200 {
                try await pool.transaction(TransactionOptions(lockTimeout: .milliseconds(500))) { transaction in
                    try await transaction.execute("UPDATE a SET x = \(number)")
                    try await transaction.execute("INSERT INTO b VALUES (\(number))")
                }
            }
            #expect(try await Migrator.check(pool, steps) == .older(missing: ["service 2 (step)"]))
            #expect(try await holder.queryOne("SELECT x FROM a").get("x") == 0, "the snapshot is not old")
            return migration
        }
        #expect(try await migration.value == steps)
        await pool.close()
    }
}
