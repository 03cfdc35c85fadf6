import HTTPTypes
import Postgres
import ServiceTestKit
import TestStack
import Testing

@testable import ServiceKit

/// A connection that is cut during the commit of a request (D2 of the fault list), and the same request again.
@Suite("A commit that is cut off", .timeLimit(.minutes(5)))
struct CommitCutTests {
    private struct Outcome: Hashable {
        var problem: String?
        var isKept: Bool
    }

    @Test(
        "wherever the link is cut, the same key brings the one effect and its answer",
        arguments: TCPProxy.Direction.allCases)
    func everywhere(direction: TCPProxy.Direction) async throws {
        let proxy = try TCPProxy(to: try await PrivatePostgres.shared().port)
        try await withTestService(Probe.self, through: proxy) { service in
            let direct = try await PostgresConnection.open(
                PostgresConfiguration(url: service.databaseURL, applicationName: "direct"), logger: service.kit.logger)
            // On a connection that is new, as it will be each time.
            try await connect(service)
            let before = proxy.passed(direction)
            let undisturbed = try await post(service, "a100")
            #expect(undisturbed.status == .created)
            let length = proxy.passed(direction) - before
            var outcomes: Set<Outcome> = []
            // From the last bytes, which are the commit's or its answer's, to some statements before it.
            for left in stride(from: 1, to: min(length, 400), by: 7) {
                proxy.cut()
                try await connect(service)
                let cuts = proxy.cuts
                // Of one length, so that the same number of bytes leads to the same place.
                let name = "a\(100 + left)"
                proxy.limit(direction, after: length - left)
                let answer = try await post(service, name)
                proxy.limit(direction, after: nil)
                let isKept = try await count(name, direct) == 1
                outcomes.insert(Outcome(problem: answer.problem, isKept: isKept))
                if answer.status == .created { continue }
                #expect(answer.status == .serviceUnavailable && answer.headers[.retryAfter] != nil)
                #expect(proxy.cuts > cuts, "nothing was cut")
                let again = try await post(service, name)
                #expect(again.status == .created)
                #expect((again.headers[.idempotencyReplayed] == "true") == isKept)
                #expect(try await count(name, direct) == 1)
            }
            let created: Int = try await direct.queryOne("SELECT count(*) AS n FROM things").get("n")
            let recorded: Int = try await direct.queryOne("SELECT count(*) AS n FROM audit").get("n")
            #expect(recorded == created, "each effect is whole")
            // A refusal that does not speak of the outcome means that nothing was kept.
            #expect(!outcomes.contains(Outcome(problem: "unavailable", isKept: true)))
            // The request for the commit was cut off, or its answer.
            #expect(outcomes.contains(Outcome(problem: "outcome-unknown", isKept: direction == .toClient)))
            direct.close()
        }
    }

    private func connect(_ service: TestService) async throws {
        try await eventually("a connection that stands") { (try? await service.pool.query("SELECT 1")) != nil }
    }

    private func post(_ service: TestService, _ name: String) async throws -> TestAnswer {
        try await service.call(.post, "/v1/things", key: "key-\(name)-cut", json: #"{"name":"\#(name)"}"#)
    }

    private func count(_ name: String, _ connection: PostgresConnection) async throws -> Int {
        try await connection.queryOne("SELECT count(*) AS n FROM things WHERE name = \(name)").get("n")
    }
}
