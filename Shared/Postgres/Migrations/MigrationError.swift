/// Why a schema could not be brought to where the program needs it.
public struct MigrationError: Error, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// The list of migrations in the program is wrong.
        public static let invalidList = Code(description: "invalidList")
        /// A migration was edited after it had been applied.
        public static let digestChanged = Code(description: "digestChanged")
        /// A lower version is missing below one that is applied.
        public static let outOfOrder = Code(description: "outOfOrder")
        /// The schema asks for a newer program.
        public static let programTooOld = Code(description: "programTooOld")
        /// Another migrator did not finish, or a table stayed locked.
        public static let lockNotTaken = Code(description: "lockNotTaken")
        /// A statement failed; `cause` says why.
        public static let failed = Code(description: "failed")
    }

    public let code: Code
    /// The migration concerned, if it is one.
    public let migration: String?
    public let message: String
    public let cause: PostgresError?

    init(_ code: Code, _ migration: Migration? = nil, _ message: String, cause: PostgresError? = nil) {
        self.code = code
        self.migration = migration.map(\.description)
        self.message = message
        self.cause = cause
    }

    public var description: String {
        let place = migration.map { " in migration \($0)" } ?? ""
        return "MigrationError(\(code)\(place): \(message)\(cause.map { ": \($0)" } ?? ""))"
    }
}
