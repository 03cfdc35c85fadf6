import ServiceTestKit
import Testing

@testable import Dues

@Suite("Calls to gateways over HTTP")
struct GatewayClientTests {
    private static func send(to answer: String?, timeout: Duration = .seconds(20)) async throws -> String {
        try await CannedServer.run(answer) { address in
            let call = try GatewayCall(url: "\(address)/", ["a": "b"])
            return String(decoding: try await HTTPGatewayClient(timeout: timeout).send(call), as: UTF8.self)
        }
    }

    @Test("a good answer is its body")
    func good() async throws {
        #expect(try await Self.send(to: CannedServer.answer("200 OK", "{\"x\":1}")) == "{\"x\":1}")
    }

    @Test("anything else is no answer, with a reason that names no address")
    func bad() async throws {
        for (answer, reason) in [
            (CannedServer.answer("500 Oops", "{}"), "http-500"),
            (CannedServer.answer("307 Elsewhere", headers: "Location: http://127.0.0.1:1/\r\n"), "http-307"),
            (CannedServer.answer("200 OK", String(repeating: "x", count: 65_537)), "too-long"),
            ("not HTTP\r\n\r\n", "unreachable"),
        ] {
            await #expect(throws: GatewayUnreachable(reason: reason)) { try await Self.send(to: answer) }
        }
    }

    @Test("a gateway that is silent, or stops in the middle, is given up in time", .timeLimit(.minutes(1)))
    func silent() async throws {
        for answer in [nil, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"] {
            await #expect(throws: GatewayUnreachable(reason: "time-out")) {
                try await Self.send(to: answer, timeout: .milliseconds(300))
            }
        }
    }
}
