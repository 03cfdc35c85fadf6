import CLibPQ

extension Wire {
    /// Starts a COPY from here to the server.
    func startCopyIn(_ sql: SQL, opening: [String], bound: Bound) throws(PostgresError) {
        try startCopy(sql, .startCopyIn, awaiting: PGRES_COPY_IN, opening: opening, bound: bound)
    }

    /// Starts a COPY from the server.
    func startCopyOut(_ sql: SQL, opening: [String], bound: Bound) throws(PostgresError) {
        try startCopy(sql, .startCopyOut, awaiting: PGRES_COPY_OUT, opening: opening, bound: bound)
    }

    private func startCopy(
        _ sql: SQL, _ operation: ConnectionState.Operation, awaiting wanted: ExecStatusType, opening: [String],
        bound: Bound
    ) throws(PostgresError) {
        guard StatementKind(sql.text) == .copy else { throw .usage("this is no COPY statement") }
        guard sql.bindings.isEmpty else { throw .usage("COPY takes no parameters") }
        try sql.validate()
        try perform(operation, bound: bound) { () throws(PostgresError) in
            // Not in one pipeline with the COPY: that would leave the connection unusable.
            if !opening.isEmpty { try exchange(opening.map(Step.command)) { _, _ in false } }
            try check(PQsendQuery(connection, sql.text))
            try flush()
            guard let result = try nextResult() else { throw .lost("the server gave no result") }
            let status = PQresultStatus(result)
            let error = status == PGRES_FATAL_ERROR ? serverError(result) : nil
            PQclear(result)
            if status == wanted {
                isCopying = true
                return
            }
            // A COPY in the other direction cannot be ended in order from here.
            guard let error else { throw .lost("the COPY statement goes in the other direction") }
            try drain()
            throw error
        }
    }

    /// Sends a part of the COPY; libpq's buffer is empty afterwards, so memory stays flat.
    func putCopy(_ bytes: [UInt8], bound: Bound) throws(PostgresError) {
        guard bytes.count < Int(Int32.max) else { throw .usage("a chunk of a COPY must be smaller than 2 GiB") }
        try perform(.continueCopyIn, bound: bound) { () throws(PostgresError) in
            var status: Int32 = 0
            while status == 0 {
                status = bytes.withUnsafeBytes { buffer in
                    PQputCopyData(
                        connection, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count))
                }
                try flush()
            }
            // A refusal is not the end: the server's error comes with the result of the COPY.
            if isBroken { throw lost() }
        }
    }

    /// Ends a COPY to the server, or abandons it with a reason; the answer is the number of rows.
    func endCopyIn(abandoning reason: String?, bound: Bound) throws(PostgresError) -> Int {
        try perform(.endCopyIn, bound: bound) { () throws(PostgresError) in
            isCopying = false
            state.sent()
            while PQputCopyEnd(connection, reason) == 0 { try flush() }
            return try collect(layout: nil).affected
        }
    }

    /// So many bytes of a COPY are handed over at once.
    private static let copyBatch = 64 * 1024

    /// Some rows of a COPY from the server, and whether they are the last.
    struct CopyRows: Sendable {
        var rows: [[UInt8]]
        var isLast: Bool
    }

    /// Waits for the next rows of a COPY from the server.
    func nextCopyRows(bound: Bound) throws(PostgresError) -> CopyRows {
        try perform(.continueCopyOut, bound: bound) { () throws(PostgresError) in
            var rows: [[UInt8]] = []
            var size = 0
            while size < Self.copyBatch {
                var row: UnsafeMutablePointer<CChar>?
                let length = PQgetCopyData(connection, &row, 1)
                switch length {
                case 1...:
                    rows.append([UInt8](UnsafeRawBufferPointer(start: row, count: Int(length))))
                    size += Int(length)
                    PQfreemem(row)
                case 0:
                    if !rows.isEmpty { return CopyRows(rows: rows, isLast: false) }
                    _ = try wait()
                    if PQconsumeInput(connection) == 0 { throw lost() }
                    restartClock()
                default:
                    isCopying = false
                    _ = try collect(layout: nil)
                    return CopyRows(rows: rows, isLast: true)
                }
            }
            return CopyRows(rows: rows, isLast: false)
        }
    }

    /// Ends a COPY from the server that nobody reads any more.
    func abandonCopyOut() throws(PostgresError) {
        guard isCopying else { return }
        try perform(.continueCopyOut, bound: .cleanup) { () throws(PostgresError) in
            beginCancel()
            isCopying = false
            while true {
                var row: UnsafeMutablePointer<CChar>?
                let length = PQgetCopyData(connection, &row, 1)
                if length > 0 {
                    PQfreemem(row)
                } else if length == 0 {
                    _ = try wait()
                    if PQconsumeInput(connection) == 0 { throw lost() }
                } else {
                    return try drain()
                }
            }
        }
    }

    /// Fetches and drops what is left of the results.
    private func drain() throws(PostgresError) {
        while let result = try nextResult() {
            PQclear(result)
            if isBroken { throw lost() }
        }
    }
}
