import Logging
import Postgres
import TestStack

/// A configuration for tests: short time-outs, a fresh schema.
func testConfiguration(_ url: String, size: Int = 4) -> PostgresConfiguration {
    var configuration = PostgresConfiguration(url: url, applicationName: "postgres-tests", size: size)
    configuration.acquireTimeout = .seconds(10)
    return configuration
}

let quietLogger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

/// A pool on a fresh schema of the shared server.
func freshPool(size: Int = 4, _ change: (inout PostgresConfiguration) -> Void = { _ in }) async throws -> PostgresPool {
    var configuration = testConfiguration(try await PrivatePostgres.shared().freshSchema(), size: size)
    change(&configuration)
    return PostgresPool(configuration, logger: quietLogger)
}

/// A connection of the superuser, who sees what others do.
func superuserConnection() async throws -> PostgresConnection {
    try await PostgresConnection.open(
        testConfiguration(try await PrivatePostgres.shared().url()), logger: quietLogger)
}

/// A connection to a fresh schema of the shared server.
func freshConnection(
    _ change: (inout PostgresConfiguration) -> Void = { _ in }
) async throws -> PostgresConnection {
    var configuration = testConfiguration(try await PrivatePostgres.shared().freshSchema())
    change(&configuration)
    return try await PostgresConnection.open(configuration, logger: quietLogger)
}
