public import Logging

/// A bounded set of connections that callers share.
///
/// A caller takes the most recently used connection, waits in order for one when all are taken, and is refused at its
/// deadline. Connecting is repeated with growing, jittered pauses while it fails, also without callers, so that the
/// health tells the truth.
public final class PostgresPool: PostgresQueryable {
    private let core: PoolCore

    /// Makes the pool and opens its first connection in the background; an unreadable URL shows itself in the first
    /// call and in the health.
    public init(_ configuration: PostgresConfiguration, logger: Logger) {
        core = PoolCore(configuration, logger: logger)
        core.start()
    }

    deinit { core.close() }

    /// A snapshot for readiness and metrics.
    public var health: PoolHealth { core.health }

    /// Lends a connection for the time of the body.
    ///
    /// A transaction that the body leaves open is rolled back. Settings of the session and advisory locks are the
    /// body's own to undo. Throws `.poolTimeout` when no connection becomes free in time and `.connection` when the
    /// server cannot be reached.
    @discardableResult
    public func withConnection<R: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        let lease = try await core.acquire()
        let result: R
        do {
            result = try await body(lease.connection)
        } catch {
            await core.release(lease)
            throw error
        }
        await core.release(lease)
        return result
    }

    /// Runs a transaction: it commits when the body returns and rolls back when it throws.
    ///
    /// Throws `.commitOutcomeUnknown` when the connection is lost during the commit. With `attempts` in the options the
    /// body may run more than once.
    @discardableResult
    public func transaction<R: Sendable>(
        _ options: TransactionOptions = TransactionOptions(), isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresTransaction) async throws -> R
    ) async throws -> R {
        var attempt = 1
        while true {
            do {
                return try await withConnection { try await $0.transaction(options, body) }
            } catch let error as PostgresError where error.isRetriable && attempt < options.attempts {
                try await Task.sleep(for: .milliseconds(10 << min(attempt, 6)) * Double.random(in: 0.5...1))
                attempt += 1
            }
        }
    }

    @discardableResult
    public func execute(_ sql: SQL) async throws(PostgresError) -> Int { try await run(sql).affected }

    public func query(_ sql: SQL) async throws(PostgresError) -> [PostgresRow] { try await run(sql).rows }

    private func run(_ sql: SQL) async throws(PostgresError) -> ResultStorage {
        let lease = try await core.acquire()
        let lane = StatementLane(connection: lease.connection, scope: nil)
        let result: ResultStorage
        do throws(PostgresError) {
            result = try await lane.run(sql)
        } catch {
            await core.release(lease)
            throw error
        }
        await core.release(lease)
        return result
    }

    /// Refuses new callers, waits until those with a connection have given it back, and closes everything.
    public func close() async { await core.drain() }
}
