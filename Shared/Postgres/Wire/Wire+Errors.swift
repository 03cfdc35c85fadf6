import CLibPQ

extension Wire {
    /// Reads the error out of a result.
    func serverError(_ result: OpaquePointer) -> PostgresError {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue else { return nil }
            return PQresultErrorField(result, Int32(ascii)).map { String(cString: $0) }
        }
        guard let state = field("C") else {
            // No server wrote this: libpq did, about the link.
            let text = PQresultErrorMessage(result).map { String(cString: $0) } ?? Self.message(of: connection)
            return .lost(text.split(separator: "\n").joined(separator: "; "))
        }
        var error = PostgresError(.server, field("M") ?? "no message", sqlState: SQLState(rawValue: state))
        error.detail = field("D")
        error.schema = field("s")
        error.table = field("t")
        error.column = field("c")
        error.constraint = field("n")
        if let severity = field("V"), severity == "FATAL" || severity == "PANIC" {
            error.code = .connection
            error.endsConnection = true
        }
        let isRefusedPlan = error.sqlState == .featureNotSupported && field("R") == "RevalidateCachedQuery"
        error.needsPreparation = isRefusedPlan || error.sqlState == .invalidStatementName
        return error
    }
}
