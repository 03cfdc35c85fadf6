import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// Looks until the schema is one that this program can work with; everything that needs the database waits for it.
///
/// A schema that is too old may be migrated any moment, and a database that is away comes back: both make the service
/// not ready, neither ends it. A schema that needs a newer program ends it: waiting would not help.
final class SchemaGate: Service {
    private let pool: PostgresPool
    private let migrations: [Migration]
    private let health: Health
    private let logger: Logger
    private let state = Mutex((stands: Bool?.none, waiters: [CheckedContinuation<Bool, Never>]()))

    init(pool: PostgresPool, migrations: [Migration], health: Health, logger: Logger) {
        self.pool = pool
        self.migrations = migrations
        self.health = health
        self.logger = logger
    }

    func run() async throws {
        defer { settle(stands: false) }
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if try await self.look() {
                    self.settle(stands: true)
                    break
                }
                do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
            }
        }
        // A service that returns ends the group: stay until it is time.
        try? await gracefulShutdown()
    }

    private func look() async throws -> Bool {
        let found: SchemaState
        do {
            found = try await Migrator.check(pool, migrations)
        } catch {
            health.schema(.failed("the database does not answer"))
            logger.warning("the schema cannot be checked", metadata: ["error": "\(error)"])
            return false
        }
        switch found {
        case .current, .newer:
            health.schema(.ok)
            return true
        case .older(let missing):
            health.schema(.failed("\(missing.count) migrations are missing: run migrate"))
            logger.warning("the schema is too old", metadata: ["missing": "\(missing.count)"])
            return false
        case .programTooOld:
            health.schema(.failed("the schema needs a newer program"))
            throw SchemaNeedsNewerProgram()
        }
    }

    /// The first word counts: a schema that once stood stays good for this process.
    private func settle(stands: Bool) {
        let waiters = state.withLock { state in
            if state.stands == nil { state.stands = stands }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: stands) }
    }

    /// Returns once the schema stands, or false when the process stops before that.
    func wait() async -> Bool {
        await withCheckedContinuation { continuation in
            let stands = state.withLock { state in
                if state.stands == nil { state.waiters.append(continuation) }
                return state.stands
            }
            if let stands { continuation.resume(returning: stands) }
        }
    }
}

/// The schema was migrated by a newer program that this one cannot work with.
struct SchemaNeedsNewerProgram: Error, CustomStringConvertible {
    let description = "the schema needs a newer program than this one"
}

/// A service that starts once the schema stands.
struct AfterSchema: Service, CustomStringConvertible {
    let service: any Service
    let gate: SchemaGate

    var description: String { "\(type(of: service))" }

    func run() async throws {
        guard await gate.wait() else {
            // A service that returns before its turn would end the others.
            try? await gracefulShutdown()
            return
        }
        try await service.run()
    }
}
