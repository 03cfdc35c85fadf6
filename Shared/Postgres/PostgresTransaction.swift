import Synchronization

/// A transaction that is open for the time of a closure.
///
/// BEGIN travels in front of the first statement, so a transaction costs no round trip more than its statements and
/// the commit, and one without statements costs nothing.
public final class PostgresTransaction: PostgresSession {
    /// Numbers transactions within this process; the server's own number is `serverID()`.
    public let id: UInt64
    private let lane: StatementLane
    private let scope: TransactionScope
    /// Statements that travel with the next one.
    private let queued = Guarded<[SQL]>([])

    private static let lastID = Atomic<UInt64>(0)
    /// How long the end of a transaction may take when no time-out is configured.
    private static let endBound: Duration = .seconds(60)

    init(connection: PostgresConnection, options: TransactionOptions) {
        id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        let bound: Wire.Bound = options.statementTimeout.map { .within($0 + .seconds(10)) } ?? .configured
        scope = TransactionScope(opening: options.opening, bound: bound)
        lane = StatementLane(connection: connection, scope: scope)
    }

    @discardableResult
    public func execute(_ sql: SQL) async throws(PostgresError) -> Int {
        let ahead = takeQueued()
        guard ahead.isEmpty else { return try await lane.pipeline(ahead + [sql]).last?.affected ?? 0 }
        return try await lane.run(sql).affected
    }

    public func query(_ sql: SQL) async throws(PostgresError) -> [PostgresRow] {
        let ahead = takeQueued()
        guard ahead.isEmpty else { return try await lane.pipeline(ahead + [sql]).last?.rows ?? [] }
        return try await lane.run(sql).rows
    }

    public func pipeline(_ statements: [SQL]) async throws(PostgresError) -> [PostgresResult] {
        let ahead = takeQueued()
        return Array(try await lane.pipeline(ahead + statements).dropFirst(ahead.count))
    }

    @discardableResult
    public func copyIn(
        _ statement: SQL, _ chunks: some AsyncSequence<[UInt8], any Error> & Sendable
    ) async throws -> Int {
        try await flush()
        return try await lane.copyIn(statement, chunks)
    }

    public func copyOut(_ statement: SQL) -> PostgresCopyOut {
        lane.copyOut(statement) { () async throws(PostgresError) in try await self.flush() }
    }

    /// Leaves a statement to travel with the next one, or with the commit, without a round trip of its own; nobody asks
    /// what it gives.
    ///
    /// Statements run in the order in which they were given, enqueued or not. The error of an enqueued one is thrown by
    /// whatever sends it: the next statement, the end of its savepoint, ``flush()``, or the end of the transaction.
    public func enqueue(_ sql: SQL) { queued.withLock { $0.append(sql) } }

    /// Sends what is enqueued.
    public func flush() async throws(PostgresError) { _ = try await lane.pipeline(takeQueued()) }

    private func takeQueued() -> [SQL] {
        queued.withLock { queued in
            defer { queued = [] }
            return queued
        }
    }

    /// Runs a text of several statements without parameters; it must leave BEGIN and COMMIT to the transaction.
    public func executeScript(_ text: String) async throws(PostgresError) {
        try SQL(unsafe: text).validate()
        try await flush()
        _ = try await lane.connection.perform { [scope] wire throws(PostgresError) in
            try wire.script(text, opening: try scope.takeOpening(), bound: scope.bound, isInTransaction: true)
        }
    }

    /// Runs the hook once the transaction is committed, in the order given; never when it is rolled back.
    ///
    /// Hooks of a savepoint that is undone are dropped with it.
    public func afterCommit(_ hook: @escaping @Sendable () -> Void) { scope.addHook(hook) }

    /// The server's number of this transaction, as `pg_current_xact_id()` gives it.
    public func serverID() async throws(PostgresError) -> UInt64 {
        try await queryOne("SELECT pg_current_xact_id() AS id").get("id")
    }

    /// Runs a part that can fail alone: what it did is undone when it throws, and the transaction goes on.
    ///
    /// Savepoints can be nested but not overlap. A lost connection is thrown on and ends the transaction.
    @discardableResult
    public func savepoint<R: Sendable>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
    ) async throws -> R {
        try await flush()
        let savepoint = scope.openSavepoint()
        let result: R
        do {
            result = try await body()
            try await flush()
        } catch {
            _ = takeQueued()
            try scope.close(savepoint, undoing: true)
            throw error
        }
        try scope.close(savepoint, undoing: false)
        return result
    }

    // MARK: The end

    func commit() async throws(PostgresError) {
        if Task.isCancelled {
            await rollback()
            throw .taskCancelled
        }
        guard let commands = try scope.end() else { return runHooks() }
        let tag = try await lane.connection.performToEnd { wire throws(PostgresError) in
            let bound: Wire.Bound = wire.answerBound == nil ? .within(Self.endBound) : .configured
            return try wire.control(commands + ["COMMIT"], isCommit: true, bound: bound)
        }
        guard tag == "COMMIT" else {
            // An error in the transaction was swallowed; the server has rolled it back.
            throw PostgresError(
                .server, "a statement of the transaction had failed, so it was rolled back",
                sqlState: .inFailedTransaction)
        }
        runHooks()
    }

    /// Undoes everything; a connection on which that fails is not used again.
    func rollback() async {
        guard let commands = try? scope.end(), lane.connection.isOpen else { return }
        _ = commands
        _ = try? await lane.connection.performToEnd { wire throws(PostgresError) in
            try wire.control(["ROLLBACK"], isCommit: false, bound: .cleanup)
        }
    }

    private func runHooks() {
        for hook in scope.takeHooks() { hook() }
    }
}
