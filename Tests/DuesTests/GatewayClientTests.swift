import NIOCore
import NIOPosix
import Testing

@testable import Dues

@Suite("Calls to gateways over HTTP")
struct GatewayClientTests {
    /// Answers every connection with the same bytes, or never.
    private final class Canned: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let answer: String?

        init(_ answer: String?) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            // A request may come in parts; its JSON is the last of it.
            guard let answer, unwrapInboundIn(data).readableBytesView.last == UInt8(ascii: "}") else { return }
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }

    private static func send(to answer: String?, timeout: Duration = .seconds(20)) async throws -> String {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in channel.pipeline.addHandler(Canned(answer)) }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        do {
            let call = try GatewayCall(url: "http://127.0.0.1:\(port)/", ["a": "b"])
            let bytes = try await HTTPGatewayClient(timeout: timeout).send(call)
            try await server.close()
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            try? await server.close()
            throw error
        }
    }

    private static func answer(_ status: String, _ body: String = "", headers: String = "") -> String {
        "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test("a good answer is its body")
    func good() async throws {
        #expect(try await Self.send(to: Self.answer("200 OK", "{\"x\":1}")) == "{\"x\":1}")
    }

    @Test("anything else is no answer, with a reason that names no address")
    func bad() async throws {
        for (answer, reason) in [
            (Self.answer("500 Oops", "{}"), "http-500"),
            (Self.answer("307 Elsewhere", headers: "Location: http://127.0.0.1:1/\r\n"), "http-307"),
            (Self.answer("200 OK", String(repeating: "x", count: 65_537)), "too-long"),
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
