/// What a transaction still has to send before its next statement, and where its savepoints stand.
///
/// BEGIN, SAVEPOINT, RELEASE and ROLLBACK TO travel in front of the next statement instead of in a round trip of their
/// own; a transaction without a statement never reaches the server.
final class TransactionScope: Sendable {
    private struct State {
        var pending: [String]
        /// Statements that travel with the next one.
        var queued: [SQL] = []
        /// How many savepoints were open when something that was taken along was not carried out.
        var spoiledAt: Int?
        var isBegun = false
        var isEnded = false
        var savepoints = 0
        var hooks: [@Sendable () -> Void] = []
    }

    struct Savepoint {
        let depth: Int
        let hooks: Int
        var name: String { "p\(depth)" }
        var command: String { "SAVEPOINT \(name)" }
    }

    private let state: Guarded<State>
    let bound: Wire.Bound

    init(opening: [String], bound: Wire.Bound) {
        state = Guarded(State(pending: opening))
        self.bound = bound
    }

    /// - Throws: `.usage` when the transaction is over, or when the statement cannot be sent.
    func enqueue(_ sql: SQL) throws(PostgresError) {
        try sql.validate()
        let isOver = state.withLock { state in
            if !state.isEnded { state.queued.append(sql) }
            return state.isEnded
        }
        if isOver { throw .usage("the transaction is over") }
    }

    var hasQueued: Bool { state.withLock { !$0.queued.isEmpty } }

    /// What to send first, and the statements that travel along; called on the connection's thread like `takeOpening`.
    func takeAhead() throws(PostgresError) -> (opening: [String], statements: [SQL]) {
        let opening = try takeOpening()
        return state.withLock { state in
            defer { state.queued = [] }
            return (opening, state.queued)
        }
    }

    /// What was taken along is lost: the transaction cannot be committed, unless a savepoint around it is undone.
    func spoil() { state.withLock { $0.spoiledAt = min($0.spoiledAt ?? $0.savepoints, $0.savepoints) } }

    var isSpoiled: Bool { state.withLock { $0.spoiledAt != nil } }

    /// What to send first; called on the connection's thread, so that a job that never runs takes nothing with it.
    func takeOpening() throws(PostgresError) -> [String] {
        let pending: [String]? = state.withLock { state in
            if state.isEnded { return nil }
            state.isBegun = true
            defer { state.pending = [] }
            return state.pending
        }
        guard let pending else { throw .usage("the transaction is over") }
        return pending
    }

    func addHook(_ hook: @escaping @Sendable () -> Void) { state.withLock { $0.hooks.append(hook) } }

    /// Ends the transaction: the commands to send before COMMIT or ROLLBACK, nil when it never began.
    func end() throws(PostgresError) -> [String]? {
        let ending: (isAgain: Bool, pending: [String]?) = state.withLock { state in
            if state.isEnded { return (true, nil) }
            state.isEnded = true
            return (false, state.isBegun ? state.pending : nil)
        }
        if ending.isAgain { throw .usage("the transaction is over") }
        return ending.pending
    }

    func takeHooks() -> [@Sendable () -> Void] {
        state.withLock { state in
            defer { state.hooks = [] }
            return state.hooks
        }
    }

    // MARK: Savepoints

    func openSavepoint() -> Savepoint {
        state.withLock { state in
            state.savepoints += 1
            let savepoint = Savepoint(depth: state.savepoints, hooks: state.hooks.count)
            state.pending.append(savepoint.command)
            return savepoint
        }
    }

    /// Closes a savepoint, keeping or undoing what was done since.
    func close(_ savepoint: Savepoint, undoing: Bool) throws(PostgresError) {
        let isInnermost = state.withLock { state in
            guard state.savepoints == savepoint.depth else { return false }
            state.savepoints -= 1
            if undoing {
                state.hooks.removeSubrange(savepoint.hooks...)
                state.queued = []
                if let depth = state.spoiledAt, depth >= savepoint.depth { state.spoiledAt = nil }
            }
            if state.pending.last == savepoint.command {
                // Nothing was sent since; the server need never hear of it.
                state.pending.removeLast()
            } else {
                if undoing { state.pending.append("ROLLBACK TO SAVEPOINT \(savepoint.name)") }
                state.pending.append("RELEASE SAVEPOINT \(savepoint.name)")
            }
            return true
        }
        guard isInnermost else { throw .usage("savepoints of one transaction cannot overlap") }
    }
}
