/// The way of statements to a connection, alone or within a transaction.
struct StatementLane: Sendable {
    let connection: PostgresConnection
    let scope: TransactionScope?

    private var bound: Wire.Bound { scope?.bound ?? .configured }

    func run(_ sql: SQL) async throws(PostgresError) -> ResultStorage {
        try sql.validate()
        let results = try await send([sql])
        guard let last = results.last else { throw .lost("the server gave no result") }
        return last
    }

    func pipeline(_ statements: [SQL]) async throws(PostgresError) -> [PostgresResult] {
        guard !statements.isEmpty else { return [] }
        for statement in statements { try statement.validate() }
        return try await send(statements).suffix(statements.count).map(PostgresResult.init)
    }

    /// Sends what the transaction has enqueued.
    func flush() async throws(PostgresError) {
        guard let scope, scope.hasQueued else { return }
        _ = try await send([])
    }

    /// Sends statements behind those that are enqueued; their results stand last. What cannot be sent was refused before,
    /// for what is taken along here is carried out or spoils the transaction.
    private func send(_ statements: [SQL]) async throws(PostgresError) -> [ResultStorage] {
        try await connection.perform { [scope, bound] wire throws(PostgresError) in
            guard let scope else {
                if statements.count == 1 {
                    return [try wire.run(statements[0], opening: [], bound: bound, isInTransaction: false)]
                }
                return try wire.pipeline(statements, opening: [], bound: bound, isInTransaction: false)
            }
            let ahead = try scope.takeAhead()
            let all = ahead.statements + statements
            if all.isEmpty { return [] }
            do throws(PostgresError) {
                if all.count == 1 {
                    return [try wire.run(all[0], opening: ahead.opening, bound: bound, isInTransaction: true)]
                }
                return try wire.pipeline(all, opening: ahead.opening, bound: bound, isInTransaction: true)
            } catch {
                if !ahead.statements.isEmpty || !ahead.opening.isEmpty { scope.spoil() }
                throw error
            }
        }
    }

    /// Chunks are gathered up to this size before they are handed over.
    private static let copyChunk = 64 * 1024

    func copyIn(_ statement: SQL, _ chunks: some AsyncSequence<[UInt8], any Error> & Sendable) async throws -> Int {
        let bound = bound
        try await connection.perform { [scope] wire throws(PostgresError) in
            try wire.startCopyIn(statement, opening: try scope?.takeOpening() ?? [], bound: bound)
        }
        do {
            var gathered: [UInt8] = []
            for try await chunk in chunks {
                gathered.append(contentsOf: chunk)
                guard gathered.count >= Self.copyChunk else { continue }
                let part = gathered
                gathered = []
                try await connection.perform { wire throws(PostgresError) in try wire.putCopy(part, bound: bound) }
            }
            let rest = gathered
            return try await connection.perform { wire throws(PostgresError) in
                if !rest.isEmpty { try wire.putCopy(rest, bound: bound) }
                return try wire.endCopyIn(abandoning: nil, bound: bound)
            }
        } catch {
            // The COPY has to end whatever happened; if it has ended by itself this is refused and means nothing.
            _ = try? await connection.performToEnd { wire throws(PostgresError) in
                try wire.endCopyIn(abandoning: "abandoned by the client", bound: .cleanup)
            }
            throw error
        }
    }

    /// - Parameter prepare: run before the COPY starts.
    func copyOut(
        _ statement: SQL, after prepare: @escaping @Sendable () async throws(PostgresError) -> Void = {}
    ) -> PostgresCopyOut {
        PostgresCopyOut(connection: connection, scope: scope, statement: statement, bound: bound, prepare: prepare)
    }
}
