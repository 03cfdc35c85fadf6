import AsyncHTTPClient
import Contracts
import Foundation
import Logging
import Messaging
import NIOCore
import NIOHTTP1
import Postgres
import ServiceLifecycle
import ServiceTestKit
import TestStack
import Testing

@testable import ServiceKit

@Suite("Serving", .serialized)
struct ServeTests {
    /// Runs the whole service with its own listener; broker and, when asked, database are away.
    func withServing(
        url: String, port: Int, _ body: (HTTPClient, String, ServiceGroup) async throws -> Void
    ) async throws {
        let keys = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString).json")
        try Data(DevelopmentSigner().keySet.utf8).write(to: keys)
        let settings = try Settings.given(
            [
                "mode": "development", "database.url": url, "kafka.bootstrapServers": "127.0.0.1:1",
                "http.port": "\(port)", "identity.issuer": IdentitySettings.standInIssuer, "identity.keys": keys.path,
            ], declared: Probe.allSettings)
        let serve = Serve<Probe>(settings: settings)
        let kit = try serve.context(logger: Logger(label: "test.serve"))
        let group = try await serve.group(kit, signals: [])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let client = HTTPClient(eventLoopGroupProvider: .singleton)
            do {
                try await body(client, "http://127.0.0.1:\(port)", group)
            } catch {
                try? await client.shutdown()
                await group.triggerGracefulShutdown()
                throw error
            }
            try await client.shutdown()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        await kit.pool.close()
    }

    func get(_ client: HTTPClient, _ url: String) async throws -> (HTTPResponseStatus, Data) {
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(5))
        return (response.status, Data(try await response.body.collect(upTo: 1_000_000).readableBytesView))
    }

    func report(_ client: HTTPClient, _ base: String) async throws -> HealthReport {
        try JSONDecoder().decode(HealthReport.self, from: try await get(client, base + "/health/ready").1)
    }

    @Test("alive and not ready before the migration, serving after it, degraded while the broker is away")
    func schemaArrives() async throws {
        let url = try await PrivatePostgres.shared().freshSchema(role: "serve")
        try await withServing(url: url, port: Int(try freePort())) { client, base, _ in
            try await eventually("the listener answers") { (try? await get(client, base + "/health/live").0) == .ok }
            #expect(try await get(client, base + "/v1/open").0 == .serviceUnavailable)
            #expect(try await report(client, base).status == .notReady)
            _ = try await Migrator(
                PostgresConfiguration(url: url), migrations: Probe.allMigrations, logger: Logger(label: "test")
            ).migrate()
            try await eventually("the service is ready, without its broker") {
                try await report(client, base).status == .degraded
            }
            #expect(try await get(client, base + "/v1/open").0 == .ok)
            #expect(try await report(client, base).reasons.contains { $0.hasPrefix("degraded: broker") })
        }
    }

    @Test("alive and not ready while the database is away")
    func noDatabase() async throws {
        let url = "postgresql://nobody@127.0.0.1:1/none"
        try await withServing(url: url, port: Int(try freePort())) { client, base, _ in
            try await eventually("the listener answers") { (try? await get(client, base + "/health/live").0) == .ok }
            let report = try await report(client, base)
            #expect(report.status == .notReady)
            #expect(report.checks["pool"]?.state == "failed" && report.checks["schema"]?.state == "failed")
            #expect(!report.reasons.joined().contains("nobody"))
        }
    }

    @Test("a request that is being answered when the process is asked to stop is answered, within the bound")
    func drains() async throws {
        let url = try await PrivatePostgres.shared().freshSchema(role: "drain")
        _ = try await Migrator(
            PostgresConfiguration(url: url), migrations: Probe.allMigrations, logger: Logger(label: "test")
        ).migrate()
        let clock = ContinuousClock()
        var stopped = clock.now
        try await withServing(url: url, port: Int(try freePort())) { client, base, group in
            try await eventually("the service answers") { (try? await get(client, base + "/v1/open").0) == .ok }
            async let slow = get(client, base + "/v1/slow/drain")
            try await eventually("the request is inside") { Turnstile.named("drain").count == 1 }
            stopped = clock.now
            await group.triggerGracefulShutdown()
            Turnstile.named("drain").open()
            #expect(try await slow.0 == .ok)
        }
        #expect(clock.now - stopped < .seconds(10))
    }
}
