import CLibPQ

/// One part of a pipeline.
enum Step {
    /// Transaction control and the like, without parameters.
    case command(String)
    case prepare(String, SQL)
    case describe(String)
    case execute(SQL, Wire.Prepared)
    /// A statement that is not kept; its result comes as text.
    case direct(SQL)
}

extension Wire {
    /// So many statements are sent ahead of their results.
    private static let sentAhead = 256

    /// Runs the steps in libpq's pipeline mode: one round trip, or one for each `sentAhead` steps.
    ///
    /// `keep` gets each good result with its index and answers whether it takes it over. The first error is thrown after
    /// all results are fetched; the server skips the steps behind it.
    func exchange(_ steps: [Step], _ keep: (Int, OpaquePointer) -> Bool) throws(PostgresError) {
        guard PQenterPipelineMode(connection) == 1 else { throw lost() }
        var failure: PostgresError?
        var read = 0
        var sent = 0
        for step in steps {
            try submit(step)
            sent += 1
            guard sent - read >= Self.sentAhead, sent < steps.count else { continue }
            try check(PQsendFlushRequest(connection))
            try flush()
            while read < sent {
                try receive(read, &failure, keep)
                read += 1
            }
            if failure != nil { break }
        }
        try check(PQpipelineSync(connection))
        try flush()
        while read < sent {
            try receive(read, &failure, keep)
            read += 1
        }
        try endPipeline()
        if let failure { throw failure }
    }

    /// Hands one step to libpq.
    func submit(_ step: Step) throws(PostgresError) {
        switch step {
        case .command(let text):
            try check(PQsendQueryParams(connection, text, 0, nil, nil, nil, nil, 0))
        case .prepare(let name, let sql):
            let types = sql.bindings.map(\.type.rawValue)
            try check(PQsendPrepare(connection, name, sql.text, Int32(types.count), types))
        case .describe(let name):
            try check(PQsendDescribePrepared(connection, name))
        case .execute(let sql, let prepared):
            parameters.fill(sql.bindings)
            try check(
                parameters.withPointers { count, values, lengths, formats in
                    PQsendQueryPrepared(
                        connection, prepared.name, count, values, lengths, formats, prepared.layout.isBinary ? 1 : 0)
                })
        case .direct(let sql):
            parameters.fill(sql.bindings)
            let types = sql.bindings.map(\.type.rawValue)
            try check(
                parameters.withPointers { count, values, lengths, formats in
                    PQsendQueryParams(connection, sql.text, count, types, values, lengths, formats, 0)
                })
        }
    }

    /// Fetches what one step gave.
    private func receive(
        _ index: Int, _ failure: inout PostgresError?, _ keep: (Int, OpaquePointer) -> Bool
    ) throws(PostgresError) {
        var isAnswered = false
        while let result = try nextResult() {
            isAnswered = true
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                if !keep(index, result) { PQclear(result) }
            case PGRES_PIPELINE_ABORTED:
                PQclear(result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH, PGRES_PIPELINE_SYNC:
                PQclear(result)
                throw .lost("the pipeline is out of step")
            default:
                let error = serverError(result)
                PQclear(result)
                failure = failure ?? error
            }
            if isBroken { break }
        }
        if isBroken { throw failure ?? lost() }
        guard isAnswered else { throw .lost("the pipeline is out of step") }
        restartClock()
    }

    private func endPipeline() throws(PostgresError) {
        guard let sync = try nextResult() else { throw lost() }
        defer { PQclear(sync) }
        guard PQresultStatus(sync) == PGRES_PIPELINE_SYNC, PQexitPipelineMode(connection) == 1 else {
            throw .lost("the pipeline is out of step")
        }
    }
}

// MARK: - Pipelines of the caller

extension Wire {
    /// Runs statements as one pipeline; outside a transaction they are one transaction together.
    func pipeline(
        _ sqls: [SQL], opening: [String], bound: Bound, isInTransaction: Bool
    ) throws(PostgresError) -> [ResultStorage] {
        let kinds = sqls.map { StatementKind($0.text) }
        guard !kinds.contains(.copy) else { throw .usage("COPY cannot run in a pipeline") }
        for sql in sqls { try sql.validate() }
        let writes = kinds.contains { $0.mayWrite || $0 == .commit } && !isInTransaction
        return try perform(writes ? .autocommit : .harmless, bound: bound) { () throws(PostgresError) in
            do throws(PostgresError) {
                return try sendPipeline(sqls, kinds, opening: opening)
            } catch  where error.needsPreparation && opening.isEmpty && isOutsideTransaction && !isBroken {
                return try sendPipeline(sqls, kinds, opening: [])
            }
        }
    }

    private func sendPipeline(
        _ sqls: [SQL], _ kinds: [StatementKind], opening: [String]
    ) throws(PostgresError) -> [ResultStorage] {
        var opening = opening
        var missing: [StatementCache<Prepared>.Key: SQL] = [:]
        var keys: [StatementCache<Prepared>.Key?] = []
        // What follows a statement that may define something is not prepared ahead of it.
        var isAhead = true
        for (sql, kind) in zip(sqls, kinds) {
            if kind == .utility { isAhead = false }
            guard kind.isPrepared(sql.text) else {
                keys.append(nil)
                continue
            }
            let key = Self.key(sql)
            let isKnown = statements.use(key) != nil || missing[key] != nil
            if !isKnown && isAhead && missing.count < statements.capacity / 2 { missing[key] = sql }
            keys.append(isKnown || missing[key] != nil ? key : nil)
        }
        if !missing.isEmpty {
            try prepare(missing.map { ($0, $1) }, opening: opening)
            opening = []
        }
        let commands = opening
        var layouts: [RowLayout?] = []
        var steps = commands.map(Step.command)
        for (sql, key) in zip(sqls, keys) {
            let prepared = key.flatMap { statements.use($0) }
            layouts.append(prepared?.layout)
            steps.append(prepared.map { .execute(sql, $0) } ?? .direct(sql))
        }
        var storages: [ResultStorage] = []
        storages.reserveCapacity(sqls.count)
        do throws(PostgresError) {
            try exchange(steps) { index, result in
                guard index >= commands.count else { return false }
                let layout = layouts[index - commands.count] ?? RowLayout(of: result, isBinary: false)
                storages.append(ResultStorage(owning: result, layout: layout))
                return true
            }
        } catch {
            forgetIfStale(keys.compactMap(\.self), error)
            throw error
        }
        return storages
    }
}
