import Postgres
import Synchronization

extension HealthCheck {
    /// Whether the database takes writes, asked over a connection of the pool.
    static func pool(_ pool: PostgresPool) -> HealthCheck {
        HealthCheck("pool") {
            let gotConnection = Mutex(false)
            do {
                let row = try await pool.withConnection { connection in
                    gotConnection.withLock { $0 = true }
                    return try await connection.queryOne(
                        "SELECT current_setting('transaction_read_only') = 'on' AS read_only")
                }
                return try row.get("read_only") ? .failed("the database takes no writes") : .ok
            } catch {
                let gotConnection = gotConnection.withLock { $0 }
                return .failed(reason(of: error, gotConnection: gotConnection, isReachable: pool.health.reachable))
            }
        }
    }

    /// The server's own words may hold values of a statement: only the kind of fault is told.
    ///
    /// - Parameter gotConnection: whether the pool gave a connection; else, and also on cancellation, it was waited for.
    static func reason(of error: any Error, gotConnection: Bool, isReachable: Bool) -> String {
        let code = (error as? PostgresError)?.code
        if code == .connection { return "the database cannot be reached" }
        if gotConnection { return "the database does not answer" }
        return isReachable ? "all connections are in use" : "the database cannot be reached"
    }
}
