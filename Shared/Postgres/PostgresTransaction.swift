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
    public func execute(_ sql: SQL) async throws(PostgresError) -> Int { try await lane.run(sql).affected }

    public func query(_ sql: SQL) async throws(PostgresError) -> [PostgresRow] { try await lane.run(sql).rows }

    public func pipeline(_ statements: [SQL]) async throws(PostgresError) -> [PostgresResult] {
        try await lane.pipeline(statements)
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

    /// Leaves a statement to travel with the next one, without a round trip of its own; nobody asks what it gives.
    ///
    /// Statements run in the order in which one task gives them, enqueued or not. The error of an enqueued one is thrown
    /// by whatever sends it: the next statement, COPY or script, the beginning or the end of a savepoint, ``flush()``, or
    /// the end of the transaction, which is then rolled back.
    /// - Throws: `.usage` when the statement cannot be sent, or the transaction is over.
    public func enqueue(_ sql: SQL) throws(PostgresError) { try scope.enqueue(sql) }

    /// Sends what is enqueued.
    public func flush() async throws(PostgresError) { try await lane.flush() }

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

    /// Runs a part that can fail alone: what it did is undone when it throws, and the transaction goes on. Only when
    /// something fails that was enqueued before the savepoint, the transaction is at its end.
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
        if scope.isSpoiled {
            await rollback()
            throw Self.rolledBack
        }
        guard let commands = try scope.end() else { return runHooks() }
        let tag = try await lane.connection.performToEnd { wire throws(PostgresError) in
            let bound: Wire.Bound = wire.answerBound == nil ? .within(Self.endBound) : .configured
            return try wire.control(commands + ["COMMIT"], isCommit: true, bound: bound)
        }
        guard tag == "COMMIT" else {
            // An error in the transaction was swallowed; the server has rolled it back.
            throw Self.rolledBack
        }
        runHooks()
    }

    private static let rolledBack = PostgresError(
        .server, "a statement of the transaction had failed, so it was rolled back", sqlState: .inFailedTransaction)

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
