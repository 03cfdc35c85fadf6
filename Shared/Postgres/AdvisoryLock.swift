/// The key of an advisory lock: a number that means something to this program only.
public struct AdvisoryLockKey: Sendable, Hashable {
    public let value: Int64

    public init(_ value: Int64) { self.value = value }

    /// A key made from a name by 64-bit FNV-1a; two names meet by chance once in 2^64.
    public init(named name: String) {
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        value = Int64(bitPattern: hash)
    }
}

extension PostgresTransaction {
    /// Waits for an advisory lock that is held until the transaction ends.
    public func lockAdvisory(_ key: AdvisoryLockKey) async throws(PostgresError) {
        try await execute("SELECT pg_advisory_xact_lock(\(key.value))")
    }

    /// Takes an advisory lock until the transaction ends, if it is free.
    public func tryLockAdvisory(_ key: AdvisoryLockKey) async throws(PostgresError) -> Bool {
        try await queryOne("SELECT pg_try_advisory_xact_lock(\(key.value)) AS taken").get("taken")
    }
}

extension PostgresConnection {
    /// Waits for an advisory lock that is held until it is given back or the connection ends.
    public func lockAdvisory(_ key: AdvisoryLockKey) async throws(PostgresError) {
        try await execute("SELECT pg_advisory_lock(\(key.value))")
    }

    /// Takes an advisory lock for this connection, if it is free.
    public func tryLockAdvisory(_ key: AdvisoryLockKey) async throws(PostgresError) -> Bool {
        try await queryOne("SELECT pg_try_advisory_lock(\(key.value)) AS taken").get("taken")
    }

    /// Gives an advisory lock back; false when this connection did not hold it.
    @discardableResult
    public func unlockAdvisory(_ key: AdvisoryLockKey) async throws(PostgresError) -> Bool {
        try await queryOne("SELECT pg_advisory_unlock(\(key.value)) AS given").get("given")
    }
}
