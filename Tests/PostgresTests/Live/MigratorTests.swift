import Postgres
import TestStack
import Testing

@Suite("Migrations")
struct MigratorTests {
    private struct Place {
        let url: String
        let pool: PostgresPool

        init() async throws {
            url = try await PrivatePostgres.shared().freshSchema()
            pool = PostgresPool(testConfiguration(url), logger: quietLogger)
        }

        func migrator(_ migrations: [Migration]) -> Migrator {
            var migrator = Migrator(testConfiguration(url), migrations: migrations, logger: quietLogger)
            migrator.patience.lockTimeout = .milliseconds(50)
            migrator.patience.pause = .milliseconds(10)
            return migrator
        }

        func count(_ table: String) async throws -> Int {
            try await pool.queryOne("SELECT count(*) AS n FROM \(identifier: table)").get("n")
        }
    }

    private func migration(_ version: Int, _ sql: String, component: String = "service") -> Migration {
        Migration(component: component, version: version, name: "step", sql: sql)
    }

    @Test("several components are applied in the order given, once")
    func order() async throws {
        let place = try await Place()
        let list = [
            migration(1, "CREATE TABLE a (x int); INSERT INTO a VALUES (1);", component: "messaging"),
            migration(1, "CREATE TABLE b AS SELECT x FROM a"), migration(2, "ALTER TABLE b ADD y text"),
        ]
        #expect(try await Migrator.check(place.pool, list) == .older(missing: list.map(\.description)))
        #expect(try await place.migrator(Array(list.prefix(2))).migrate() == Array(list.prefix(2)))
        #expect(try await Migrator.check(place.pool, list) == .older(missing: ["service 2 (step)"]))
        #expect(try await place.migrator(list).migrate() == [list[2]])
        #expect(try await place.migrator(list).migrate().isEmpty)
        #expect(try await Migrator.check(place.pool, list) == .current)
        #expect(try await place.count("schema_migrations") == 3)
        await place.pool.close()
    }

    @Test("two migrators at once apply everything exactly once")
    func twoAtOnce() async throws {
        FaultRecord.note("D10", "two migrators at once")
        let place = try await Place()
        let list =
            (1...10).map { migration($0, "CREATE TABLE t\($0) (x int); SELECT pg_sleep(0.01);") }
            + [
                migration(11, "-- hoso: backfill\nUPDATE t1 SET x = 1 WHERE x IS NULL"),
                migration(12, "CREATE TABLE last ()"),
            ]
        let applied = try await withThrowingTaskGroup(of: [Migration].self) { group in
            for _ in 0..<3 { group.addTask { try await place.migrator(list).migrate() } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.map(\.version).sorted() == Array(1...12))
        #expect(try await Migrator.check(place.pool, list) == .current)
        await place.pool.close()
    }

    @Test("a migration that fails half way leaves nothing, and those before it stay")
    func halfWay() async throws {
        FaultRecord.note("D10", "a migration that fails half way")
        let place = try await Place()
        let good = migration(1, "CREATE TABLE a (x int)")
        let bad = migration(2, "CREATE TABLE b (x int); INSERT INTO nowhere VALUES (1)")
        let error = await #expect(throws: MigrationError.self) { try await place.migrator([good, bad]).migrate() }
        #expect(error?.code == .failed)
        #expect(error?.migration == "service 2 (step)")
        #expect(error?.cause?.sqlState == .undefinedTable)
        #expect(try await Migrator.check(place.pool, [good, bad]) == .older(missing: ["service 2 (step)"]))
        let mended = migration(2, "CREATE TABLE b (x int)")
        #expect(try await place.migrator([good, mended]).migrate() == [mended])
        await place.pool.close()
    }

    @Test("a migration waits for a lock without blocking others for long, and gets it")
    func waitsForLock() async throws {
        FaultRecord.note("D10", "a migration that waits for a lock")
        let place = try await Place()
        try await place.pool.execute("CREATE TABLE a (x int)")
        let list = [migration(1, "ALTER TABLE a ADD y int")]
        let task = try await place.pool.transaction { transaction in
            try await transaction.execute("INSERT INTO a VALUES (1)")
            let task = Task { try await place.migrator(list).migrate() }
            let watcher: SQL = """
                SELECT 1 FROM pg_stat_activity
                WHERE application_name = 'postgres-tests migrate' AND usename = current_user AND wait_event_type = 'Lock'
                """
            for round in 0..<3 {
                try await eventually("the migration waits, round \(round)") {
                    try await place.pool.queryOptional(watcher) != nil
                }
                // A reader that queues behind it gets through when it gives way.
                _ = try await place.pool.query("SELECT x FROM a")
            }
            return task
        }
        #expect(try await task.value == list)
        #expect(try await Migrator.check(place.pool, list) == .current)
        await place.pool.close()
    }

    @Test("a lock that is never to be had is an error that says so")
    func lockNeverTaken() async throws {
        let place = try await Place()
        try await place.pool.execute("CREATE TABLE a (x int)")
        var migrator = place.migrator([migration(1, "ALTER TABLE a ADD y int")])
        migrator.patience.attempts = 2
        let patient = migrator
        try await place.pool.transaction { transaction in
            try await transaction.execute("INSERT INTO a VALUES (1)")
            let error = await #expect(throws: MigrationError.self) { try await patient.migrate() }
            #expect(error?.code == .lockNotTaken)
            #expect(error?.cause?.sqlState == .lockNotAvailable)
        }
        #expect(try await patient.migrate().count == 1)
        await place.pool.close()
    }

    @Test("an edited migration stops both migrate and serve")
    func edited() async throws {
        let place = try await Place()
        try await place.migrator([migration(1, "CREATE TABLE a ()")]).migrate()
        let changed = [migration(1, "CREATE TABLE a () ")]
        let error = await #expect(throws: MigrationError.self) { try await place.migrator(changed).migrate() }
        #expect(error?.code == .digestChanged)
        await #expect(throws: MigrationError.self) { try await Migrator.check(place.pool, changed) }
        await place.pool.close()
    }

    @Test("an older program runs on a newer schema unless that forbids it")
    func newerSchema() async throws {
        let place = try await Place()
        let first = migration(1, "CREATE TABLE a ()")
        let second = migration(2, "ALTER TABLE a ADD x int")
        let third = migration(3, "-- hoso: requires-program 2\nALTER TABLE a ADD y int")
        try await place.migrator([first, second]).migrate()
        #expect(try await Migrator.check(place.pool, [first]) == .newer)
        #expect(try await place.migrator([first]).migrate().isEmpty)
        try await place.migrator([first, second, third]).migrate()
        #expect(try await Migrator.check(place.pool, [first, second]) == .newer)
        #expect(try await Migrator.check(place.pool, [first]) == .programTooOld(component: "service", requires: 2))
        let error = await #expect(throws: MigrationError.self) { try await place.migrator([first]).migrate() }
        #expect(error?.code == .programTooOld)
        await place.pool.close()
    }

    @Test("statements without a transaction go on where they stopped, over a broken index")
    func resumes() async throws {
        FaultRecord.note("D10", "a migration outside a transaction stopped half way")
        let place = try await Place()
        try await place.pool.execute("CREATE TABLE a (x int)")
        try await place.pool.execute("INSERT INTO a VALUES (1), (1)")
        let list = [
            migration(
                1,
                """
                -- hoso: no-transaction
                CREATE TABLE once ();
                CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_x ON a (x);
                CREATE TABLE after ();
                """)
        ]
        let error = await #expect(throws: MigrationError.self) { try await place.migrator(list).migrate() }
        #expect(error?.cause?.sqlState == .uniqueViolation)
        #expect(try await Migrator.check(place.pool, list) == .older(missing: ["service 1 (step)"]))
        try await place.pool.execute("DELETE FROM a WHERE ctid = (SELECT min(ctid) FROM a)")
        #expect(try await place.migrator(list).migrate() == list)
        let valid: Bool = try await place.pool.queryOne(
            "SELECT indisvalid AS v FROM pg_index WHERE indexrelid = 'a_x'::regclass"
        ).get("v")
        #expect(valid)
        #expect(try await place.count("after") == 0)
        #expect(try await Migrator.check(place.pool, list) == .current)
        await place.pool.close()
    }

    @Test("a back-fill is repeated until nothing is left, each time in a transaction of its own, without the lock")
    func backfill() async throws {
        let place = try await Place()
        let list = [
            migration(1, "CREATE TABLE a (x int, y int, tx xid8); INSERT INTO a SELECT generate_series(1, 95)"),
            migration(
                2,
                """
                -- hoso: backfill
                UPDATE a SET y = x, tx = pg_current_xact_id()
                WHERE x IN (SELECT x FROM a WHERE y IS NULL LIMIT 10 FOR UPDATE)
                    AND NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())
                """),
            migration(3, "ALTER TABLE a ALTER y SET NOT NULL"),
        ]
        #expect(try await place.migrator(list).migrate() == list)
        let row = try await place.pool.queryOne("SELECT count(DISTINCT tx) AS batches, count(y) AS filled FROM a")
        #expect(try row.get("batches") == 10)
        #expect(try row.get("filled") == 95)
        await place.pool.close()
    }

    @Test("a batch whose rows somebody else fills meanwhile is not the last one")
    func backfillOvertaken() async throws {
        let place = try await Place()
        let list = [
            migration(1, "CREATE TABLE a (x int PRIMARY KEY, y int); INSERT INTO a SELECT generate_series(1, 30)"),
            migration(
                2,
                """
                -- hoso: backfill
                UPDATE a SET y = x WHERE x IN (SELECT x FROM a WHERE y IS NULL ORDER BY x LIMIT 10) AND y IS NULL
                """),
        ]
        try await place.migrator([list[0]]).migrate()
        var migrator = place.migrator(list)
        migrator.patience.lockTimeout = .seconds(10)
        let patient = migrator
        let task = try await place.pool.transaction { transaction in
            // As another migrator does it, or the new program.
            try await transaction.execute("UPDATE a SET y = x WHERE x <= 10")
            let task = Task { try await patient.migrate() }
            try await eventually("the batch waits for the same rows") {
                try await place.pool.queryOptional(
                    """
                    SELECT 1 FROM pg_stat_activity WHERE application_name = 'postgres-tests migrate'
                        AND usename = current_user AND wait_event_type = 'Lock'
                    """) != nil
            }
            return task
        }
        #expect(try await task.value == [list[1]])
        #expect(try await place.pool.query("SELECT x FROM a WHERE y IS NULL").isEmpty)
        await place.pool.close()
    }

    @Test("a role whose search_path leads nowhere is told so")
    func noSchema() async throws {
        var configuration = testConfiguration(try await PrivatePostgres.shared().freshSchema())
        configuration.searchPath = "nowhere"
        let migrator = Migrator(configuration, migrations: [migration(1, "SELECT 1")], logger: quietLogger)
        let error = await #expect(throws: MigrationError.self) { try await migrator.migrate() }
        #expect(error?.code == .failed)
    }
}
