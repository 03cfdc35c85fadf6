/// How a transaction runs.
public struct TransactionOptions: Sendable {
    public enum Isolation: String, Sendable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    /// nil leaves it to the server's default, READ COMMITTED.
    public var isolation: Isolation?
    public var isReadOnly: Bool
    /// With a serializable read-only transaction: wait for a snapshot that cannot fail.
    public var isDeferrable: Bool
    /// The longest time for a statement of this transaction; nil leaves it to the configuration.
    public var statementTimeout: Duration?
    /// The longest wait for a lock in this transaction; nil leaves it to the configuration.
    public var lockTimeout: Duration?
    /// How often the whole body is run when it fails in a way that is worth repeating (serialization, deadlock, a lost
    /// connection); never after a commit of unknown outcome.
    public var attempts: Int

    public init(
        isolation: Isolation? = nil, isReadOnly: Bool = false, isDeferrable: Bool = false,
        statementTimeout: Duration? = nil, lockTimeout: Duration? = nil, attempts: Int = 1
    ) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.isDeferrable = isDeferrable
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
        self.attempts = max(1, attempts)
    }

    /// The commands that open such a transaction.
    var opening: [String] {
        var begin = "BEGIN"
        if let isolation { begin += " ISOLATION LEVEL \(isolation.rawValue)" }
        if isReadOnly { begin += " READ ONLY" }
        if isDeferrable { begin += " DEFERRABLE" }
        var commands = [begin]
        if let statementTimeout { commands.append("SET LOCAL statement_timeout = \(statementTimeout.milliseconds)") }
        if let lockTimeout { commands.append("SET LOCAL lock_timeout = \(lockTimeout.milliseconds)") }
        return commands
    }
}
