import CLibPQ

extension Wire {
    /// Reads the error out of a result.
    func serverError(_ result: OpaquePointer) -> PostgresError {
        if let error = PostgresError(ofServer: result) { return error }
        // No server wrote this: libpq did, about the link.
        let text = PQresultErrorMessage(result).map { String(cString: $0) } ?? Self.message(of: connection)
        return .lost(text.split(separator: "\n").joined(separator: "; "))
    }
}

extension PostgresError {
    /// The error or notice in a result; nil when no server wrote it.
    init?(ofServer result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue else { return nil }
            return PQresultErrorField(result, Int32(ascii)).map { String(cString: $0) }
        }
        guard let state = field("C") else { return nil }
        self.init(.server, field("M") ?? "no message", sqlState: SQLState(rawValue: state))
        detail = field("D")
        schema = field("s")
        table = field("t")
        column = field("c")
        constraint = field("n")
        if let severity = field("V"), severity == "FATAL" || severity == "PANIC" {
            code = .connection
            endsConnection = true
        }
        let isRefusedPlan = sqlState == .featureNotSupported && field("R") == "RevalidateCachedQuery"
        needsPreparation = isRefusedPlan || sqlState == .invalidStatementName
    }
}
