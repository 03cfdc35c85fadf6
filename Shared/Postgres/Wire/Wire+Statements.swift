import CLibPQ
import Glibc

extension Wire {
    /// Runs one statement, after the commands that open what it runs in.
    func run(_ sql: SQL, opening: [String], bound: Bound, isInTransaction: Bool) throws(PostgresError) -> ResultStorage
    {
        let kind = StatementKind(sql.text)
        guard kind != .copy else { throw .usage("COPY runs through copyIn and copyOut") }
        try sql.validate()
        return try perform(operation(kind, isInTransaction: isInTransaction), bound: bound) {
            () throws(PostgresError) in
            do throws(PostgresError) {
                return try send(sql, kind: kind, opening: opening)
            } catch  where error.needsPreparation && opening.isEmpty && isOutsideTransaction && !isBroken {
                // The plan was refused before anything ran, and nothing else was in the transaction.
                return try send(sql, kind: kind, opening: [])
            }
        }
    }

    /// Runs a text of several statements by the simple protocol; the last result is returned.
    func script(
        _ text: String, opening: [String], bound: Bound, isInTransaction: Bool
    ) throws(PostgresError) -> ResultStorage {
        try perform(operation(.utility, isInTransaction: isInTransaction), bound: bound) { () throws(PostgresError) in
            if !opening.isEmpty { try exchange(opening.map(Step.command)) { _, _ in false } }
            try check(PQsendQuery(connection, text))
            return try collect(layout: nil)
        }
    }

    /// Runs commands of transaction control in one round trip.
    func control(_ commands: [String], isCommit: Bool, bound: Bound) throws(PostgresError) -> String {
        if isCommit { try learnOfAnEnd() }
        return try perform(isCommit ? .commit : .harmless, bound: bound) { () throws(PostgresError) in
            var tag = ""
            let steps = commands.map(Step.command)
            if let only = commands.first, commands.count == 1 {
                try check(PQsendQuery(connection, only))
                tag = try collect(layout: nil).tag
            } else {
                try exchange(steps) { index, result in
                    if index == steps.count - 1 { tag = String(cString: PQcmdStatus(result)) }
                    return false
                }
            }
            return tag
        }
    }

    /// Whether the link is already dead is free to learn now and would be unknown after sending. The server's last word
    /// comes before the end itself, so everything there is read.
    private func learnOfAnEnd() throws(PostgresError) {
        var descriptor = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
        repeat {
            let isRead = PQconsumeInput(connection) == 1
            // This is what makes libpq look at what it has read.
            _ = PQisBusy(connection)
            if !isRead || isBroken { throw state.lose(lost()) }
        } while Glibc.poll(&descriptor, 1, 0) > 0
    }

    func operation(_ kind: StatementKind, isInTransaction: Bool) -> ConnectionState.Operation {
        if kind == .commit { return .commit }
        return kind.mayWrite && !isInTransaction ? .autocommit : .harmless
    }

    var isOutsideTransaction: Bool { PQtransactionStatus(connection) == PQTRANS_IDLE }

    private func send(_ sql: SQL, kind: StatementKind, opening: [String]) throws(PostgresError) -> ResultStorage {
        guard kind.isPrepared(sql.text) else { return try sendDirect(sql, opening: opening) }
        let key = Self.key(sql)
        var opening = opening
        if statements.use(key) == nil {
            try prepare([(key, sql)], opening: opening)
            opening = []
        }
        guard let prepared = statements.use(key) else { throw .usage("a prepared statement vanished") }
        do throws(PostgresError) {
            if opening.isEmpty {
                try sendPrepared(sql, prepared)
                return try collect(layout: prepared.layout)
            }
            var storage: ResultStorage?
            try exchange(opening.map(Step.command) + [.execute(sql, prepared)]) { index, result in
                guard index == opening.count else { return false }
                storage = ResultStorage(owning: result, layout: prepared.layout)
                return true
            }
            guard let storage else { throw .lost("the server gave no result") }
            return storage
        } catch {
            forgetIfStale([key], error)
            throw error
        }
    }

    private func sendDirect(_ sql: SQL, opening: [String]) throws(PostgresError) -> ResultStorage {
        if opening.isEmpty {
            try submit(.direct(sql))
            return try collect(layout: nil)
        }
        var storage: ResultStorage?
        try exchange(opening.map(Step.command) + [.direct(sql)]) { index, result in
            guard index == opening.count else { return false }
            storage = ResultStorage(owning: result, layout: RowLayout(of: result, isBinary: false))
            return true
        }
        guard let storage else { throw .lost("the server gave no result") }
        return storage
    }

    static func key(_ sql: SQL) -> StatementCache<Prepared>.Key {
        StatementCache<Prepared>.Key(text: sql.text, types: sql.bindings.map(\.type.rawValue))
    }

    /// A plan that no longer fits is prepared anew the next time.
    func forgetIfStale(_ keys: [StatementCache<Prepared>.Key], _ error: PostgresError) {
        guard error.needsPreparation else { return }
        for key in keys {
            guard let prepared = statements.remove(key) else { continue }
            if error.sqlState != .invalidStatementName { deallocations.append(prepared.name) }
        }
    }

    /// Prepares statements and learns their columns in one round trip.
    func prepare(
        _ wanted: [(StatementCache<Prepared>.Key, SQL)], opening: [String]
    ) throws(PostgresError) {
        let commands = opening + deallocations.map { "DEALLOCATE \($0)" }
        deallocations = []
        var names: [String] = []
        var steps = commands.map(Step.command)
        for (_, sql) in wanted {
            statementCount += 1
            let name = "s\(statementCount)"
            names.append(name)
            steps.append(.prepare(name, sql))
            steps.append(.describe(name))
        }
        try exchange(steps) { index, result in
            let position = index - commands.count
            guard position > 0, position % 2 == 1 else { return false }
            let layout = RowLayout(of: result, isBinary: nil)
            let statement = Prepared(name: names[position / 2], layout: layout)
            if let evicted = statements.insert(statement, for: wanted[position / 2].0) {
                deallocations.append(evicted.name)
            }
            return false
        }
    }

    private func sendPrepared(_ sql: SQL, _ prepared: Prepared) throws(PostgresError) {
        try submit(.execute(sql, prepared))
    }

    /// Fetches all results of what was sent outside of a pipeline; the last one counts, the first error is thrown.
    func collect(layout: RowLayout?) throws(PostgresError) -> ResultStorage {
        try flush()
        var storage: ResultStorage?
        var failure: PostgresError?
        while let result = try nextResult() {
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                let layout = layout ?? RowLayout(of: result, isBinary: false)
                storage = ResultStorage(owning: result, layout: layout)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                PQclear(result)
                // Only a script can get here; its text is a mistake, and ending the connection is the safe answer.
                throw .lost("COPY runs through copyIn and copyOut")
            default:
                let error = serverError(result)
                PQclear(result)
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        if isBroken { throw lost() }
        guard let storage else { throw .lost("the server gave no result") }
        return storage
    }

    /// Turns a refused call of libpq into an error.
    func check(_ status: Int32) throws(PostgresError) {
        state.sent()
        guard status == 1 else { throw lost() }
    }
}
