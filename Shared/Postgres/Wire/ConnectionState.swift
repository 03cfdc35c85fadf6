/// What one connection is doing and may do next; no socket in it.
///
/// COPY and pipeline mode exclude each other: a COPY inside a pipeline leaves a connection of libpq unusable.
struct ConnectionState: Equatable {
    /// A thing the connection is asked to do.
    enum Operation: Equatable {
        /// Losing it leaves nothing behind: BEGIN, ROLLBACK, preparing, and all that runs in a transaction.
        case harmless
        /// A statement, or a pipeline of them, that is its own transaction and may write.
        case autocommit
        case commit
        case startCopyIn
        case startCopyOut
        /// A part of the COPY that is running.
        case continueCopyIn
        case endCopyIn
        case continueCopyOut
    }

    enum Phase: Equatable {
        case ready
        case running(Operation)
        case copyingIn
        case copyingOut
        case lost
    }

    /// The server's transaction block.
    enum Block: Equatable {
        case none
        case open
        case failed
    }

    private(set) var phase = Phase.ready
    private(set) var block = Block.none
    /// Whether a byte of the running operation may have reached the server.
    private(set) var isSent = false

    /// Starts an operation, or says why it cannot be started now.
    mutating func begin(_ operation: Operation) throws(PostgresError) {
        switch (phase, operation) {
        case (.ready, .continueCopyIn), (.ready, .endCopyIn), (.ready, .continueCopyOut):
            throw .usage("no COPY is running")
        case (.ready, _), (.copyingIn, .continueCopyIn), (.copyingIn, .endCopyIn), (.copyingOut, .continueCopyOut):
            phase = .running(operation)
            isSent = false
        case (.copyingIn, _), (.copyingOut, _):
            throw .usage("a COPY is running on this connection; nothing else may run on it until it ends")
        case (.running, _):
            throw .usage("another statement is running on this connection")
        case (.lost, _):
            throw .lost("the connection is lost")
        }
    }

    /// Notes that bytes are on their way.
    mutating func sent() { isSent = true }

    /// Ends the operation; `copies` tells that the server is in COPY now.
    mutating func finish(block: Block, copies: Bool = false) {
        guard case .running(let operation) = phase else { return }
        // A COPY looks like an open transaction; what stood before it still stands.
        if !copies { self.block = block }
        switch operation {
        case .startCopyIn, .continueCopyIn: phase = copies ? .copyingIn : .ready
        case .startCopyOut, .continueCopyOut: phase = copies ? .copyingOut : .ready
        default: phase = .ready
        }
    }

    /// Ends the connection; the answer is what the caller of the running operation has to be told.
    mutating func lose(_ cause: PostgresError) -> PostgresError {
        var error = cause
        // The server ends an idle transaction before it reads what comes next, so that commit was never seen.
        let isSettled = cause.sqlState == .idleInTransactionTimeout
        error.code = isOutcomeUnknown && !isSettled ? .commitOutcomeUnknown : .connection
        error.endsConnection = true
        phase = .lost
        return error
    }

    private var isOutcomeUnknown: Bool {
        guard isSent, case .running(let operation) = phase else { return false }
        switch operation {
        case .commit: return true
        case .autocommit, .endCopyIn: return block == .none
        case .harmless, .startCopyIn, .startCopyOut, .continueCopyIn, .continueCopyOut: return false
        }
    }
}
