public import Contracts
public import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import Messaging
public import Postgres
public import ServiceKit
public import TestStack

/// A service on a schema of its own, called without a socket.
public struct TestService: Sendable {
    /// What the service runs with.
    public let kit: ServiceContext
    /// Its parts: consumers and background work do not run by themselves here.
    public let parts: ServiceParts
    /// Signs tokens that the service accepts.
    public let signer: DevelopmentSigner
    /// Where the schema is.
    public let databaseURL: String
    let client: any TestClientProtocol

    /// The connections to the service's schema.
    public var pool: PostgresPool { kit.pool }
}

/// Runs a test against a service whose schema is fresh and migrated.
///
/// - Parameters:
///   - settings: values of settings by key, beside those that the kit gives (database, identity).
///   - time: the service's clock; stands still unless moved.
///   - proxy: what lies between the service and the shared server, to misbehave; migrations go past it.
public func withTestService<Definition: ServiceDefinition, R: Sendable>(
    _ definition: Definition.Type, settings: [String: String] = [:],
    time: any TimeSource = ManualTimeSource(TestTimes.start), ids: any IDSource = SystemIDSource(),
    through proxy: TCPProxy? = nil, _ body: @Sendable (TestService) async throws -> R
) async throws -> R {
    try await TestPlaces.shared.withPlace {
        try await runTestService(definition, settings: settings, time: time, ids: ids, through: proxy, body)
    }
}

private func runTestService<Definition: ServiceDefinition, R: Sendable>(
    _ definition: Definition.Type, settings: [String: String], time: any TimeSource, ids: any IDSource,
    through proxy: TCPProxy?, _ body: @Sendable (TestService) async throws -> R
) async throws -> R {
    let server = try await PrivatePostgres.shared()
    let url = try await server.freshSchema(role: Definition.name.rawValue)
    let logger = Logger(label: "test.\(Definition.name.rawValue)")
    let signer = DevelopmentSigner()
    let keys = FileManager.default.temporaryDirectory.appending(path: "hoso-jwks-\(UUID().uuidString).json")
    try Data(signer.keySet.utf8).write(to: keys)
    defer { try? FileManager.default.removeItem(at: keys) }
    let effective = try TestSettings.effective(for: definition, url: url, keys: keys.path, settings)
    var connection = PostgresConfiguration(
        url: url, applicationName: "test", size: 4, acquireTimeout: patience)
    connection.connectTimeout = patience
    _ = try await Migrator(connection, migrations: Definition.allMigrations, logger: logger).migrate()
    if let proxy { connection.url = url.replacing(":\(server.port)/", with: ":\(proxy.port)/") }
    let pool = PostgresPool(connection, logger: logger)
    let health = Health()
    health.schema(.ok)
    let kit = ServiceContext(
        service: Definition.name, settings: effective, pool: pool, outbox: Outbox(service: Definition.name),
        time: time, ids: ids, logger: logger,
        identity: try IdentitySettings.verifier(effective, time: time, logger: logger), health: health)
    do {
        let parts = try await Definition.assemble(kit)
        let application = Application(responder: try ServiceRouter.build(kit, routes: parts.routes), logger: logger)
        let result = try await application.test(.router) { client in
            try await body(TestService(kit: kit, parts: parts, signer: signer, databaseURL: url, client: client))
        }
        await pool.close()
        return result
    } catch {
        await pool.close()
        throw error
    }
}

/// Moments for tests.
public enum TestTimes {
    /// Friday, 20 November 2026, 10:00 in Hà Nội.
    public static let start = Date(timeIntervalSince1970: 1_795_143_600)
}
