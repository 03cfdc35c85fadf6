import Postgres

extension HealthCheck {
    /// Whether the database answers a question.
    static func pool(_ pool: PostgresPool) -> HealthCheck {
        HealthCheck("pool") {
            do throws(PostgresError) {
                _ = try await pool.query("SELECT 1 AS one")
                return .ok
            } catch {
                return .failed(reason(of: error))
            }
        }
    }

    /// The server's own words may hold values of a statement: only the kind of fault is told.
    private static func reason(of error: PostgresError) -> String {
        switch error.code {
        case .poolTimeout: "all connections are in use"
        case .connection: "the database cannot be reached"
        default: "the database does not answer"
        }
    }
}
