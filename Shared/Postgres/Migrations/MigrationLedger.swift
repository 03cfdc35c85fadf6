/// The table in which a schema remembers its migrations.
struct MigrationLedger: Sendable {
    let connection: PostgresConnection

    /// The lock of the migrators of this schema.
    func lockKey() async throws -> AdvisoryLockKey {
        let schema: String? = try await connection.queryOne("SELECT current_schema() AS name").get("name")
        guard let schema else {
            throw MigrationError(.failed, nil, "the role's search_path names no schema that exists")
        }
        return AdvisoryLockKey(named: "hoso migrations of \(schema)")
    }

    func create() async throws(PostgresError) {
        try await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                component text NOT NULL,
                version integer NOT NULL,
                name text NOT NULL,
                digest text NOT NULL,
                -- NULL while a migration without a transaction is under way.
                applied_at timestamptz,
                statements_done integer NOT NULL DEFAULT 0,
                requires_program integer,
                PRIMARY KEY (component, version)
            )
            """)
    }

    /// Compares the program's migrations with the table; without the table everything is missing.
    func plan(_ migrations: [Migration]) async throws -> MigrationPlan {
        let texts = migrations.map(\.sql)
        let digests: [String] = try await connection.query(
            """
            SELECT encode(sha256(convert_to(sql, 'UTF8')), 'hex') AS digest
            FROM unnest(\(texts)) WITH ORDINALITY AS file (sql, place) ORDER BY place
            """
        ).map { try $0.get("digest") }
        let exists: Bool = try await connection.queryOne(
            "SELECT to_regclass('schema_migrations') IS NOT NULL AS found"
        ).get("found")
        let applied =
            exists
            ? try await connection.query(
                """
                SELECT component, version, digest, applied_at IS NOT NULL AS finished, statements_done, requires_program
                FROM schema_migrations ORDER BY component, version
                """, as: AppliedMigration.self) : []
        return try MigrationPlan(zip(migrations, digests).map { ($0, digest: $1) }, applied: applied)
    }

    func record(
        _ step: MigrationPlan.Step, isFinished: Bool, in session: some PostgresSession
    ) async throws(PostgresError) {
        let migration = step.migration
        try await session.execute(
            """
            INSERT INTO schema_migrations
                (component, version, name, digest, applied_at, statements_done, requires_program)
            VALUES (
                \(migration.component), \(Int32(clamping: migration.version)), \(migration.name), \(step.digest),
                CASE WHEN \(isFinished) THEN clock_timestamp() END, \(Int32(clamping: step.statementsDone)),
                \(migration.minimumProgramVersion.map { Int32(clamping: $0) })
            )
            ON CONFLICT (component, version) DO UPDATE SET
                name = excluded.name, digest = excluded.digest, applied_at = excluded.applied_at,
                statements_done = excluded.statements_done, requires_program = excluded.requires_program
            """)
    }

    /// Records a back-fill; false when another migrator did so meanwhile.
    func finish(_ step: MigrationPlan.Step) async throws -> Bool {
        let found = try await connection.queryOptional(
            """
            SELECT 1 FROM schema_migrations
            WHERE component = \(step.migration.component) AND version = \(step.migration.version)
                AND applied_at IS NOT NULL
            """)
        guard found == nil else { return false }
        try await record(step, isFinished: true, in: connection)
        return true
    }

    /// Removes what a `CREATE INDEX CONCURRENTLY` that failed has left: an index that nobody can use.
    func dropInvalidIndex(_ name: String) async throws(PostgresError) {
        let invalid = try await connection.queryOptional(
            "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(\(name)) AND NOT indisvalid")
        if invalid != nil { try await connection.execute("DROP INDEX CONCURRENTLY IF EXISTS \(unsafe: name)") }
    }
}
