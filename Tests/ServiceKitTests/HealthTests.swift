import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import ServiceKit

@Suite("Health")
struct HealthTests {
    @Test("the worst of the checks decides, and every reason is told")
    func worst() {
        let report = HealthReport([
            ("schema", .ok), ("broker", .degraded("away")), ("pool", .failed("no connection")),
        ])
        #expect(report.status == .notReady)
        #expect(report.reasons == ["degraded: broker: away", "failed: pool: no connection"])
        #expect(report.checks["schema"]?.state == "ok")
        #expect(HealthReport([("broker", .degraded("away"))]).status == .degraded)
        #expect(HealthReport([("schema", .ok)]).status == .ready)
    }

    @Test("not ready until schema and listener stand, ready then, not ready while stopping")
    func transitions() async {
        let health = Health()
        health.add([HealthCheck("pool") { .ok }])
        #expect(await health.report().status == .notReady)
        #expect(!health.schemaIsUsable)
        health.schema(.ok)
        #expect(await health.report().reasons == ["failed: listener: does not listen yet"])
        health.listener(.ok)
        #expect(await health.report().status == .ready)
        health.stops()
        #expect(await health.report().reasons == ["failed: lifecycle: stopping"])
    }

    @Test("a schema that is too old makes requests wait for another time, and the process stays alive")
    func schema() async throws {
        try await withTestService(Probe.self) { service in
            service.kit.health.schema(.failed("1 migrations are missing: run migrate"))
            let answer = try await service.call(.get, "/v1/open")
            #expect(answer.status == .serviceUnavailable && answer.problem == "unavailable")
            #expect(try await service.call(.get, "/health/live").status == .ok)
            let ready = try await service.call(.get, "/health/ready")
            #expect(ready.status == .serviceUnavailable)
            #expect(
                try ready.json(HealthReport.self).checks["schema"]?.reason == "1 migrations are missing: run migrate")
        }
    }

    @Test("a check that had to give up tells what it waited for")
    func givenUp() async {
        let check = HealthCheck("pool") {
            try? await Task.sleep(for: .seconds(60))
            return .failed("all connections are in use")
        }
        let found = await check.lookInTime(.seconds(1))
        #expect(found == .failed("all connections are in use"))
    }

    @Test("a check that does not even give up is not waited for")
    func silent() async {
        let (never, end) = AsyncStream.makeStream(of: Void.self)
        let check = HealthCheck("pool") {
            // Cancelled, it goes on all the same.
            await Task { for await _ in never {} }.value
            return .ok
        }
        let found = await check.lookInTime(.milliseconds(20))
        #expect(found == .failed("no answer within a second"))
        end.finish()
    }

    @Test(
        "what the pool waited for",
        arguments: [
            (PostgresError(.cancelled, ""), false, true, "all connections are in use"),
            (PostgresError(.poolTimeout, ""), false, true, "all connections are in use"),
            (PostgresError(.cancelled, ""), false, false, "the database cannot be reached"),
            (PostgresError(.connection, ""), true, true, "the database cannot be reached"),
            (PostgresError(.cancelled, ""), true, true, "the database does not answer"),
        ])
    func poolReason(error: PostgresError, gotConnection: Bool, isReachable: Bool, words: String) {
        #expect(HealthCheck.reason(of: error, gotConnection: gotConnection, isReachable: isReachable) == words)
    }

    @Test("a broker that is away only degrades, until too much waits or waits too long")
    func outboxBound() {
        let bound = OutboxBound(rows: 100, age: 60)
        let now = TestTimes.start
        func state(
            _ reachable: Bool, _ unsent: Int64?, age: Double? = nil, blocked: Int64 = 0, stopped: [String] = [],
            missing: [String] = []
        ) -> String {
            bound.state(
                isBrokerReachable: reachable, missingTopics: missing, unsent: unsent,
                oldest: age.map { now.addingTimeInterval(-$0) },
                blocked: blocked, stopped: stopped, now: now
            ).name
        }
        #expect(state(true, 0) == "ok")
        #expect(state(false, 100, age: 60) == "degraded")
        #expect(state(false, nil) == "degraded")
        #expect(state(false, 101) == "failed")
        #expect(state(true, 101) == "failed")
        #expect(state(false, 1, age: 61) == "failed")
        #expect(state(true, 0, blocked: 1) == "degraded")
        #expect(state(true, 0, stopped: ["x: stopped"]) == "degraded")
        #expect(state(true, 0, missing: ["hoso.x.v1"]) == "degraded")
    }
}
