public import Contracts
public import Foundation
import HTTPTypes
public import Postgres

/// Gives a repeated request the answer of the first one.
public struct Idempotency: Sendable {
    private let pool: PostgresPool
    private let time: any TimeSource

    /// Keeps answers in the service's own schema.
    public init(pool: PostgresPool, time: any TimeSource) {
        self.pool = pool
        self.time = time
    }

    /// Does what the effect does unless it was done before under this key; both times the same answer.
    ///
    /// Two requests with one key at the same time: the second waits for the first and gets its answer.
    @discardableResult
    public func perform(
        _ key: IdempotencyKey, options: TransactionOptions = TransactionOptions(),
        effect: (PostgresTransaction) async throws -> Reply
    ) async throws -> Reply {
        try await pool.transaction(options) { try await perform(key, in: $0, effect: effect) }
    }

    /// The same inside a transaction of the caller, which must not be of a stricter isolation than read committed.
    public func perform(
        _ key: IdempotencyKey, in transaction: PostgresTransaction,
        effect: (PostgresTransaction) async throws -> Reply
    ) async throws -> Reply {
        if let stored = try await find(key, in: transaction) { return stored }
        let reply = try await effect(transaction)
        try keep(reply, key, in: transaction)
        return reply
    }

    /// The stored answer; takes the key's lock, which is held to the end of the transaction.
    private func find(_ key: IdempotencyKey, in transaction: PostgresTransaction) async throws -> Reply? {
        // Two statements in one round trip: the second one's snapshot is taken after the lock is held, so it sees what
        // the holder before has committed.
        let lock: SQL = """
            SELECT pg_advisory_xact_lock(hashtextextended(\(key.caller) || chr(10) || \(key.name), 7462))
            """
        let row: SQL = """
            SELECT request, body_digest, status, headers, body FROM idempotency_keys
            WHERE caller = \(key.caller) AND key = \(key.name)
            """
        let results = try await lockedResults(of: [lock, row], in: transaction)
        guard let found = results.last?.rows.first else { return nil }
        guard try found.get("request", as: String.self) == key.request,
            try found.get("body_digest", as: [UInt8].self) == key.bodyDigest
        else { throw Problem.idempotencyKeyReused }
        return try Self.reply(from: found)
    }

    private func lockedResults(
        of statements: [SQL], in transaction: PostgresTransaction
    ) async throws -> [PostgresResult] {
        do {
            return try await transaction.pipeline(statements)
        } catch {
            throw error.sqlState == .lockNotAvailable ? Problem.idempotencyInProgress : error
        }
    }

    private static func reply(from row: PostgresRow) throws -> Reply {
        let flat: [String] = try row.get("headers")
        var headers = HTTPFields()
        for index in stride(from: 0, to: flat.count - 1, by: 2) {
            if let name = HTTPField.Name(flat[index]) { headers.append(HTTPField(name: name, value: flat[index + 1])) }
        }
        headers[.idempotencyReplayed] = "true"
        return Reply(.init(code: try row.get("status")), headers: headers, body: try row.get("body"))
    }

    /// Keeps the answer. The lock of the key is held, so nobody else has: it can travel with what ends the transaction.
    private func keep(_ reply: Reply, _ key: IdempotencyKey, in transaction: PostgresTransaction) throws {
        let headers = reply.headers.flatMap { [$0.name.canonicalName, $0.value] }
        try transaction.enqueue(
            """
            INSERT INTO idempotency_keys (caller, key, request, body_digest, status, headers, body, created_at)
            VALUES (\(key.caller), \(key.name), \(key.request), \(key.bodyDigest), \(reply.status.code), \(headers),
                    \(reply.body), \(time.now))
            """)
    }

    /// Forgets up to `limit` answers given before a moment; says how many.
    public func prune(before: Date, limit: Int = 1_000) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM idempotency_keys WHERE (caller, key) IN (
                SELECT caller, key FROM idempotency_keys WHERE created_at < \(before) ORDER BY created_at LIMIT \(limit)
            )
            """)
    }
}
