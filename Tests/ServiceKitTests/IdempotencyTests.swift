import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import TestStack
import Testing

@testable import ServiceKit

@Suite("Idempotency")
struct IdempotencyTests {
    func things(_ service: TestService) async throws -> Int {
        try await service.pool.queryOne("SELECT count(*) AS n FROM things").get("n")
    }

    @Test("the same request again gets the same answer and has no second effect")
    func again() async throws {
        try await withTestService(Probe.self) { service in
            let first = try await service.call(.post, "/v1/things", key: "key-00001", json: #"{"name":"a"}"#)
            #expect(first.status == .created && first.headers[.idempotencyReplayed] == nil)
            let second = try await service.call(.post, "/v1/things", key: "key-00001", json: #"{"name":"a"}"#)
            #expect(second.status == .created && second.body == first.body)
            #expect(second.headers[.location] == first.headers[.location])
            #expect(second.headers[.idempotencyReplayed] == "true")
            #expect(try await things(service) == 1)
        }
    }

    @Test("the key of another request is refused: another body, another address, another query")
    func otherBody() async throws {
        FaultRecord.note("H4", "an idempotency key again with another body, address and query")
        try await withTestService(Probe.self) { service in
            _ = try await service.call(.post, "/v1/things", key: "key-00001", json: #"{"name":"a"}"#)
            let other = try await service.call(.post, "/v1/things", key: "key-00001", json: #"{"name":"b"}"#)
            #expect(other.status == .unprocessableContent && other.problem == "idempotency-key-reused")
            let query = try await service.call(.post, "/v1/things?for=b", key: "key-00001", json: #"{"name":"a"}"#)
            #expect(query.status == .unprocessableContent && query.problem == "idempotency-key-reused")
            #expect(try await things(service) == 1)
        }
    }

    @Test("the same key of another caller is another key")
    func otherCaller() async throws {
        try await withTestService(Probe.self) { service in
            _ = try await service.call(.post, "/v1/things", key: "key-00001", json: #"{"name":"a"}"#)
            let other = try await service.call(
                .post, "/v1/things", token: service.operatorToken(), key: "key-00001", json: #"{"name":"b"}"#)
            #expect(other.status == .created)
        }
    }

    @Test("twenty at once: one effect, twenty equal answers")
    func concurrent() async throws {
        FaultRecord.note("H4", "twenty requests at once under one idempotency key")
        try await withTestService(Probe.self) { service in
            let answers = try await withThrowingTaskGroup(of: TestAnswer.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await service.call(.post, "/v1/things", key: "key-00001", json: #"{"name":"a"}"#)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.body)).count == 1)
            #expect(answers.allSatisfy { $0.status == .created })
            #expect(answers.filter { $0.headers[.idempotencyReplayed] == nil }.count == 1)
            #expect(try await things(service) == 1)
        }
    }

    @Test("an effect that fails leaves nothing behind, and the key can be used again")
    func failed() async throws {
        try await withTestService(Probe.self) { service in
            _ = try await service.call(.post, "/v1/things", key: "key-00001", json: #"{"name":"a"}"#)
            let failed = try await service.call(.post, "/v1/things", key: "key-00002", json: #"{"name":"a"}"#)
            #expect(failed.status == .internalServerError)
            try await service.pool.execute("DELETE FROM things")
            let again = try await service.call(.post, "/v1/things", key: "key-00002", json: #"{"name":"a"}"#)
            #expect(again.status == .created && again.headers[.idempotencyReplayed] == nil)
        }
    }

    @Test(
        "a missing or malformed key is refused before anything else",
        arguments: [
            (nil, "idempotency-key-missing"), ("", "idempotency-key-missing"), ("short", "idempotency-key-malformed"),
            ("with a blank", "idempotency-key-malformed"),
            (String(repeating: "x", count: 129), "idempotency-key-malformed"),
        ] as [(String?, String)])
    func badKeys(key: String?, problem: String) async throws {
        try await withTestService(Probe.self) { service in
            let answer = try await service.call(.post, "/v1/things", key: key, json: "{")
            #expect(answer.status == .badRequest && answer.problem == problem)
        }
    }

    @Test("a quoted key is the key between the quotes")
    func quoted() async throws {
        try await withTestService(Probe.self) { service in
            _ = try await service.call(.post, "/v1/things", key: "key-00001", json: #"{"name":"a"}"#)
            let again = try await service.call(.post, "/v1/things", key: "\"key-00001\"", json: #"{"name":"a"}"#)
            #expect(again.headers[.idempotencyReplayed] == "true")
        }
    }

    @Test("a request that waits longer than the lock time-out is told to come again")
    func lockTimeout() async throws {
        try await withTestService(Probe.self) { service in
            let key = IdempotencyKey(caller: "c", name: "key-00001", request: "POST /x", body: [])
            try await service.kit.idempotency.perform(key) { _ in
                // The key's lock is held here; a second request gives up after its lock time-out.
                await #expect(throws: Problem.idempotencyInProgress) {
                    _ = try await service.pool.transaction(.init(lockTimeout: .milliseconds(50))) { transaction in
                        try await service.kit.idempotency.perform(key, in: transaction) { _ in Reply(.ok) }
                    }
                }
                return Reply(.ok)
            }
        }
    }

    @Test("old answers are forgotten, a batch at a time")
    func pruning() async throws {
        try await withTestService(Probe.self) { service in
            for number in 0..<5 {
                let key = IdempotencyKey(caller: "c", name: "key-0000\(number)", request: "POST /x", body: [])
                _ = try await service.kit.idempotency.perform(key) { _ in Reply(.ok) }
            }
            let later = TestTimes.start.addingTimeInterval(1)
            #expect(try await service.kit.idempotency.prune(before: TestTimes.start) == 0)
            #expect(try await service.kit.idempotency.prune(before: later, limit: 3) == 3)
            #expect(try await service.kit.idempotency.prune(before: later, limit: 3) == 2)
        }
    }
}
