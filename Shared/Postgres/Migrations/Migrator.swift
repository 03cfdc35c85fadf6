public import Logging

/// Brings a schema to where the program needs it.
///
/// Migrators exclude each other by an advisory lock on the schema. Each migration takes its own locks with a time-out
/// of one second and is tried again, so that a migration that waits never blocks the traffic behind it for long.
public struct Migrator: Sendable {
    /// How patient a migrator is; tests are less so.
    public struct Patience: Sendable {
        /// The wait for a lock on a table, for each attempt.
        public var lockTimeout: Duration = .seconds(1)
        /// How often a migration that cannot get its locks is tried.
        public var attempts = 30
        /// The pause after the first failed attempt; it doubles up to ten times itself.
        public var pause: Duration = .milliseconds(500)
        /// How long another migrator may work.
        public var otherMigrator: Duration = .seconds(3600)

        public init() {}
    }

    private let configuration: PostgresConfiguration
    private let migrations: [Migration]
    private let logger: Logger
    public var patience = Patience()

    /// Takes the migrations of several components in the order in which they are to be applied.
    public init(_ configuration: PostgresConfiguration, migrations: [Migration], logger: Logger) {
        var configuration = configuration
        configuration.statementTimeout = nil
        configuration.idleInTransactionTimeout = nil
        configuration.applicationName += " migrate"
        self.configuration = configuration
        self.migrations = migrations
        self.logger = logger
    }

    /// Applies what is missing and returns it, in order.
    ///
    /// Throws `MigrationError`; what was applied before stays applied, and running it again goes on from there.
    @discardableResult
    public func migrate() async throws -> [Migration] {
        try MigrationPlan.validate(migrations)
        let connection = try await PostgresConnection.open(configuration, logger: logger)
        defer { connection.close() }
        // The URL may carry the service's own time-outs.
        try await connection.executeScript(
            "SET statement_timeout = 0; SET lock_timeout = \(patience.lockTimeout.milliseconds)")
        let ledger = MigrationLedger(connection: connection)
        let lock = try await ledger.lockKey()
        var applied: [Migration] = []
        while true {
            let backfill = try await locked(connection, lock) {
                try await patiently(nil) { try await ledger.create() }
                return try await applyUntilBackfill(ledger, &applied)
            }
            guard let backfill else { return applied }
            try await run(backfill: backfill.migration, on: connection)
            let isOurs = try await locked(connection, lock) { try await ledger.finish(backfill) }
            if isOurs { applied.append(backfill.migration) }
        }
    }

    /// How a schema stands to these migrations; for `serve`, which must not change anything.
    ///
    /// Throws `MigrationError` when an applied migration has another text here.
    public static func check(_ pool: PostgresPool, _ migrations: [Migration]) async throws -> SchemaState {
        try MigrationPlan.validate(migrations)
        return try await pool.withConnection { connection in
            try await MigrationLedger(connection: connection).plan(migrations).state
        }
    }

    // MARK: Steps

    /// Applies what is missing up to the next back-fill, which has to run without the lock.
    private func applyUntilBackfill(
        _ ledger: MigrationLedger, _ applied: inout [Migration]
    ) async throws -> MigrationPlan.Step? {
        let plan = try await ledger.plan(migrations)
        if case .programTooOld(let component, let required) = plan.state {
            throw MigrationError(
                .programTooOld, nil, "the schema requires a program with version \(required) of \(component)")
        }
        for step in plan.steps {
            switch step.migration.kind {
            case .backfill: return step
            case .transaction: try await applyInTransaction(step, ledger)
            case .statements: try await applyStatements(step, ledger)
            }
            applied.append(step.migration)
            logger.info("migration applied", metadata: ["migration": "\(step.migration)"])
        }
        return nil
    }

    private func applyInTransaction(_ step: MigrationPlan.Step, _ ledger: MigrationLedger) async throws {
        try await patiently(step.migration) {
            try await ledger.connection.transaction { transaction in
                try await transaction.executeScript(step.migration.sql)
                try await ledger.record(step, isFinished: true, in: transaction)
            }
        }
    }

    private func applyStatements(_ step: MigrationPlan.Step, _ ledger: MigrationLedger) async throws {
        let connection = ledger.connection
        let statements = SQLScript.statements(step.migration.sql)
        for (index, statement) in statements.enumerated().dropFirst(step.statementsDone) {
            try await patiently(step.migration) {
                if let name = SQLScript.concurrentIndex(statement) {
                    try await ledger.dropInvalidIndex(name)
                    // It waits for old transactions but makes nobody wait, so it may take its time.
                    try await connection.executeScript("SET lock_timeout = 0")
                }
                try await connection.executeScript(statement)
            }
            try await connection.executeScript("SET lock_timeout = \(patience.lockTimeout.milliseconds)")
            let done = MigrationPlan.Step(
                migration: step.migration, digest: step.digest, statementsDone: index + 1)
            try await ledger.record(done, isFinished: index + 1 == statements.count, in: connection)
        }
    }

    private func run(backfill migration: Migration, on connection: PostgresConnection) async throws {
        var total = 0
        while true {
            try Task.checkCancellation()
            let affected = try await patiently(migration) {
                try await connection.execute(SQL(unsafe: migration.sql))
            }
            total += affected
            if affected == 0, try await isDone(backfill: migration, on: connection, &total) { break }
        }
        logger.info("back-fill finished", metadata: ["migration": "\(migration)", "rows": "\(total)"])
    }

    /// Whether a batch that affected nothing was the last one: all its rows may have been filled by others while it
    /// waited for them. With one snapshot for the whole batch the server says so instead of leaving them out.
    private func isDone(
        backfill migration: Migration, on connection: PostgresConnection, _ total: inout Int
    ) async throws -> Bool {
        do {
            let affected = try await patiently(migration) {
                try await connection.transaction(TransactionOptions(isolation: .repeatableRead)) { transaction in
                    try await transaction.execute(SQL(unsafe: migration.sql))
                }
            }
            total += affected
            return affected == 0
        } catch let error as MigrationError where error.cause?.sqlState == .serializationFailure {
            return false
        }
    }

    // MARK: Locks

    /// Repeats what fails for a lock that is held elsewhere.
    private func patiently<R: Sendable>(_ migration: Migration?, _ body: () async throws -> R) async throws -> R {
        var attempt = 1
        while true {
            do {
                return try await body()
            } catch let error as PostgresError {
                let isLock = error.sqlState == .lockNotAvailable || error.sqlState == .deadlockDetected
                guard isLock else { throw MigrationError(.failed, migration, "it failed", cause: error) }
                guard attempt < patience.attempts else {
                    throw MigrationError(
                        .lockNotTaken, migration, "a lock was not to be had in \(attempt) attempts", cause: error)
                }
                logger.notice(
                    "migration waits for a lock",
                    metadata: ["migration": migration.map { "\($0)" } ?? "schema_migrations"])
                let pause = min(patience.pause * (1 << min(attempt - 1, 8)), patience.pause * 10)
                try await Task.sleep(for: pause * Double.random(in: 0.5...1))
                attempt += 1
            }
        }
    }

    /// Runs the body while no other migrator works on the schema.
    ///
    /// The lock is asked for again and again instead of being waited for: a waiting statement would hold a snapshot,
    /// and `CREATE INDEX CONCURRENTLY` of the other migrator would wait for that.
    private func locked<R>(
        _ connection: PostgresConnection, _ key: AdvisoryLockKey, _ body: () async throws -> R
    ) async throws -> R {
        let deadline = ContinuousClock.now + patience.otherMigrator
        while try await !connection.tryLockAdvisory(key) {
            guard ContinuousClock.now < deadline else {
                throw MigrationError(.lockNotTaken, nil, "another migrator works on the schema")
            }
            try await Task.sleep(for: .milliseconds(100) * Double.random(in: 0.5...1))
        }
        let result: R
        do {
            result = try await body()
        } catch {
            _ = try? await connection.unlockAdvisory(key)
            throw error
        }
        try await connection.unlockAdvisory(key)
        return result
    }
}
