import Contracts
import Foundation
import HTTPTypes
import ServiceTestKit
import TestStack
import Testing

@testable import ServiceKit

@Suite("HTTP")
struct HTTPTests {
    @Test("an unknown address, a known one with another method, and an inner fault are told apart, and nothing leaks")
    func unknown() async throws {
        try await withTestService(Probe.self) { service in
            let unknown = try await service.call(.get, "/v1/nothing")
            #expect(unknown.status == .notFound && unknown.problem == "not-found")
            #expect(unknown.headers[.contentType] == "application/problem+json; charset=utf-8")
            let method = try await service.call(.delete, "/v1/things/7")
            #expect(method.status == .methodNotAllowed && method.problem == "method-not-allowed")
            #expect(method.headers[.allow] == "PUT")
            let broken = try await service.call(.get, "/v1/broken")
            #expect(broken.status == .internalServerError && broken.problem == "internal-error")
            #expect(!broken.text.contains("inner_secret"))
        }
    }

    @Test("the caller's trace goes on, under a step of its own; without one a new trace begins")
    func trace() async throws {
        try await withTestService(Probe.self) { service in
            let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let answer = try await service.call(.get, "/v1/nothing", headers: [.traceparent: given])
            let trace = try #require(answer.headers[.traceparent].flatMap { TraceContext($0) })
            #expect(trace.traceID == "0af7651916cd43dd8448eb211c80319c" && trace.spanID != "b7ad6b7169203331")
            #expect(answer.text.contains("\"traceId\":\"0af7651916cd43dd8448eb211c80319c\""))
            let fresh = try await service.call(.get, "/v1/open", headers: [.traceparent: "nonsense"])
            #expect(fresh.headers[.traceparent].flatMap { TraceContext($0) } != nil)
        }
    }

    @Test("a body larger than the bound is refused")
    func bodyLimit() async throws {
        FaultRecord.note("H2", "a body larger than the bound")
        try await withTestService(Probe.self, settings: ["http.maximumBodyBytes": "1024"]) { service in
            let large = #"{"name":"\#(String(repeating: "x", count: 2_000))"}"#
            let answer = try await service.call(.put, "/v1/things/1", json: large)
            #expect(answer.status == .contentTooLarge && answer.problem == "body-too-large")
        }
    }

    @Test("a packed body is refused instead of being unpacked")
    func packed() async throws {
        FaultRecord.note("H2", "a compressed body")
        try await withTestService(Probe.self) { service in
            let answer = try await service.call(
                .put, "/v1/things/1", headers: [.contentEncoding: "gzip"], json: #"{"name":"a"}"#)
            #expect(answer.status == .unsupportedMediaType)
        }
    }

    @Test("HEAD answers as GET does, without a body")
    func head() async throws {
        try await withTestService(Probe.self) { service in
            let known = try await service.call(.head, "/health/live")
            #expect(known.status == .ok && known.body.isEmpty)
            let unknown = try await service.call(.head, "/v1/nothing")
            #expect(unknown.status == .notFound && unknown.body.isEmpty)
        }
    }

    @Test("a faulty field is named in the answer")
    func faultyField() async throws {
        try await withTestService(Probe.self) { service in
            let answer = try await service.call(.put, "/v1/things/1", json: #"{"name":"a","amount":"much"}"#)
            #expect(answer.status == .unprocessableContent)
            #expect(answer.faults == ["amount": "wrong-type"])
        }
    }

    @Test("more requests at once than the bound are refused at once, and health still answers")
    func overload() async throws {
        try await withTestService(Probe.self, settings: ["http.maximumInFlight": "2"]) { service in
            async let first = service.call(.get, "/v1/slow/overload")
            async let second = service.call(.get, "/v1/slow/overload")
            try await eventually("two requests are inside") { Turnstile.named("overload").count == 2 }
            let third = try await service.call(.get, "/v1/open")
            #expect(third.status == .serviceUnavailable && third.problem == "overloaded")
            #expect(third.headers[.retryAfter] == "1")
            // Where there is no route, nothing but the refusal itself can leave the body out.
            for address in ["/v1/open", "/v1/nothing"] {
                let head = try await service.call(.head, address)
                #expect(head.status == .serviceUnavailable && head.body.isEmpty)
            }
            #expect(try await service.call(.get, "/health/live").status == .ok)
            Turnstile.named("overload").open()
            #expect(try await first.status == .ok)
            #expect(try await second.status == .ok)
            #expect(try await service.call(.get, "/v1/open").status == .ok)
        }
    }

    @Test("requests are counted by route template, and promtool accepts what a scrape gives")
    func metrics() async throws {
        HosoMetricsFactory.start()
        try await withTestService(Probe.self) { service in
            _ = try await service.call(.put, "/v1/things/12345", json: #"{"name":"a"}"#)
            let answer = try await service.call(.get, "/metrics")
            #expect(answer.headers[.contentType] == MetricsRegistry.contentType)
            #expect(
                answer.text.contains(#"route="/v1/things/{id}""#) || answer.text.contains(#"route="/v1/things/:id""#))
            #expect(!answer.text.contains("12345"))
            #expect(try await MetricsTests.complaints(about: answer.text) == nil)
        }
    }
}
