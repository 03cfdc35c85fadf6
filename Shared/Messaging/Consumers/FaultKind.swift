import Contracts
import Postgres

/// Whose fault an error is; that decides what is done about it.
enum FaultKind {
    /// The database, the broker, this process: stop, back off, go on where it was.
    case surroundings(any Error)
    /// The message comes too early.
    case notYet(NotYet)
    /// The message itself.
    case message(MessageFault)

    init(_ error: any Error) {
        switch error {
        case let notYet as NotYet: self = .notYet(notYet)
        case is CancellationError, is MessagingError: self = .surroundings(error)
        case let unprocessable as Unprocessable:
            self = .message(MessageFault(code: "rule.broken", reason: unprocessable.reason))
        case let tooLarge as EventTooLarge:
            self = .message(MessageFault(code: "effect.too-large", reason: tooLarge.description))
        case let database as PostgresError:
            self =
                database.isFaultOfStatement
                ? .message(
                    MessageFault(
                        code: "database.\(database.sqlState?.rawValue ?? database.code.description)",
                        reason: database.faultyPart))
                : .surroundings(error)
        default: self = .message(MessageFault(reading: error))
        }
    }
}

extension PostgresError {
    /// Cardinality (class 21), data exceptions (22), violated constraints (23), limits of the program such as an index row
    /// that is too large (54) and exceptions raised on purpose (P0) follow from what the message says, as does a value
    /// that is not what the handler takes it for; everything else would befall any message.
    fileprivate var isFaultOfStatement: Bool {
        guard let sqlState else { return code == .decoding || code == .usage }
        return ["21", "22", "23", "54", "P0"].contains(sqlState.errorClass)
    }

    /// Names only: the server's own text may quote values.
    fileprivate var faultyPart: String {
        [table.map { "table \($0)" }, column.map { "column \($0)" }, constraint.map { "constraint \($0)" }]
            .compactMap(\.self).joined(separator: ", ")
    }
}
