/// Anything that goes wrong between a service and its database.
public struct PostgresError: Error, Sendable {
    /// What kind of failure it is; more kinds may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// The server refused the statement; `sqlState` says why.
        public static let server = Code(description: "server")
        /// The connection could not be made or was lost; what ran in an open transaction is rolled back.
        public static let connection = Code(description: "connection")
        /// No connection became free before the deadline, or too many callers wait already.
        public static let poolTimeout = Code(description: "poolTimeout")
        /// The connection was lost while a commit was under way: it happened or it did not.
        public static let commitOutcomeUnknown = Code(description: "commitOutcomeUnknown")
        /// The task was cancelled and its statement with it.
        public static let cancelled = Code(description: "cancelled")
        /// A value from the server is not of the type asked for.
        public static let decoding = Code(description: "decoding")
        /// The caller did something that can never work.
        public static let usage = Code(description: "usage")
        /// The connection's parameters are wrong.
        public static let configuration = Code(description: "configuration")
    }

    public var code: Code
    public var sqlState: SQLState?
    /// The primary message. Errors in values (class 22) repeat the value in it, so do not log it: log `description`.
    public var message: String
    /// The server's detail; it may repeat values of a row and belongs in no log.
    public var detail: String?
    public var schema: String?
    public var table: String?
    public var column: String?
    public var constraint: String?
    /// Whether the connection is gone with this error.
    var endsConnection = false
    /// Whether a cached plan was refused before it ran, so that preparing it again is enough.
    var needsPreparation = false

    public init(_ code: Code, _ message: String, sqlState: SQLState? = nil) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
    }

    /// Whether doing the whole transaction again may succeed without harm.
    ///
    /// A commit of unknown outcome is not retriable by itself: whoever repeats it needs a key that makes it harmless.
    public var isRetriable: Bool {
        switch code {
        case .connection, .poolTimeout: true
        case .server: needsPreparation || (sqlState?.isRetriable ?? false)
        default: false
        }
    }
}

extension PostgresError: CustomStringConvertible {
    /// The error for logs: no detail, and no message where PostgreSQL would quote a value in it.
    public var description: String {
        var words = ["PostgresError(\(code)"]
        if let sqlState { words.append("sqlState: \(sqlState)") }
        if let table { words.append("table: \(table)") }
        if let column { words.append("column: \(column)") }
        if let constraint { words.append("constraint: \(constraint)") }
        if sqlState?.errorClass != "22" { words.append(message) }
        return words.joined(separator: ", ") + ")"
    }
}

extension PostgresError {
    static func usage(_ message: String) -> PostgresError { PostgresError(.usage, message) }
    static let taskCancelled = PostgresError(.cancelled, "the task was cancelled")

    static func lost(_ message: String) -> PostgresError {
        var error = PostgresError(.connection, message)
        error.endsConnection = true
        return error
    }

    /// Passes one of ours through and wraps anything else.
    static func wrapping(_ error: any Error) -> PostgresError {
        if let known = error as? PostgresError { return known }
        if error is CancellationError { return .taskCancelled }
        return PostgresError(.usage, "\(error)")
    }
}
