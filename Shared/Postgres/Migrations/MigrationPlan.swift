/// A migration as the schema's own table remembers it.
struct AppliedMigration: Sendable, PostgresRowDecodable {
    let component: String
    let version: Int
    let digest: String
    let isFinished: Bool
    let statementsDone: Int
    let requiresProgram: Int?

    init(
        component: String, version: Int, digest: String, isFinished: Bool = true, statementsDone: Int = 0,
        requiresProgram: Int? = nil
    ) {
        self.component = component
        self.version = version
        self.digest = digest
        self.isFinished = isFinished
        self.statementsDone = statementsDone
        self.requiresProgram = requiresProgram
    }

    init(row: PostgresRow) throws {
        component = try row.get("component")
        version = try row.get("version")
        digest = try row.get("digest")
        isFinished = try row.get("finished")
        statementsDone = try row.get("statements_done")
        requiresProgram = try row.get("requires_program")
    }
}

/// What is to be done to a schema, from what the program knows and what the schema remembers; pure.
struct MigrationPlan {
    struct Step: Equatable {
        let migration: Migration
        let digest: String
        /// Statements that a run before has finished.
        let statementsDone: Int
    }

    let steps: [Step]
    let state: SchemaState

    /// Compares the two; throws when they contradict each other.
    init(_ migrations: [(Migration, digest: String)], applied: [AppliedMigration]) throws(MigrationError) {
        var known: [String: [Int: AppliedMigration]] = [:]
        for one in applied { known[one.component, default: [:]][one.version] = one }
        var steps: [Step] = []
        var highest: [String: Int] = [:]
        for (migration, digest) in migrations {
            highest[migration.component] = migration.version
            guard let one = known[migration.component]?[migration.version] else {
                let above = known[migration.component]?.keys.max() ?? 0
                guard above < migration.version else {
                    throw MigrationError(.outOfOrder, migration, "version \(above) is applied and this one is not")
                }
                steps.append(Step(migration: migration, digest: digest, statementsDone: 0))
                continue
            }
            if one.isFinished {
                guard one.digest == digest else {
                    throw MigrationError(.digestChanged, migration, "its text has changed since it was applied")
                }
            } else {
                // It never ended, so it may have been mended; then it starts from its first statement again.
                let done = one.digest == digest ? one.statementsDone : 0
                steps.append(Step(migration: migration, digest: digest, statementsDone: done))
            }
        }
        self.steps = steps
        state = Self.state(steps, highest, applied)
    }

    private static func state(
        _ steps: [Step], _ highest: [String: Int], _ applied: [AppliedMigration]
    ) -> SchemaState {
        for one in applied {
            guard let own = highest[one.component], let required = one.requiresProgram, required > own else { continue }
            return .programTooOld(component: one.component, requires: required)
        }
        if !steps.isEmpty { return .older(missing: steps.map(\.migration.description)) }
        let isNewer = applied.contains { one in highest[one.component].map { one.version > $0 } ?? false }
        return isNewer ? .newer : .current
    }

    /// Refuses a list that cannot be applied in its order.
    static func validate(_ migrations: [Migration]) throws(MigrationError) {
        var last: [String: Int] = [:]
        for migration in migrations {
            if let directive = migration.unknownDirective {
                throw MigrationError(.invalidList, migration, "unknown directive \"\(directive)\"")
            }
            guard migration.version > last[migration.component] ?? 0 else {
                throw MigrationError(.invalidList, migration, "the versions of a component must rise from 1")
            }
            last[migration.component] = migration.version
            try validateStatements(of: migration)
        }
    }

    private static func validateStatements(of migration: Migration) throws(MigrationError) {
        let statements = SQLScript.statements(migration.sql)
        for statement in statements {
            switch StatementKind(statement) {
            case .commit, .control:
                throw MigrationError(.invalidList, migration, "it must leave BEGIN and COMMIT to the migrator")
            case .copy:
                throw MigrationError(.invalidList, migration, "COPY cannot run in a migration")
            default: break
            }
        }
        if migration.kind == .backfill && statements.count != 1 {
            throw MigrationError(.invalidList, migration, "a back-fill is exactly one statement")
        }
        if migration.kind == .backfill && migration.sql.uppercased().contains("SKIP LOCKED") {
            throw MigrationError(.invalidList, migration, "a back-fill that skips locked rows would leave them out")
        }
    }
}
