import NIOCore
import NIOPosix

/// A server that answers every question with the same bytes, once its head is in, or the last byte of its JSON; or never.
public enum CannedServer {
    private final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let answer: String?

        init(_ answer: String?) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            // A request may come in parts; its JSON is the last of it, where it has any.
            let bytes = unwrapInboundIn(data).readableBytesView
            guard let answer, bytes.last == UInt8(ascii: "}") || bytes.starts(with: "GET ".utf8) else { return }
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }

    /// Runs while the body does.
    ///
    /// - Parameters:
    ///   - answer: the bytes; absent for a server that is silent.
    ///   - body: gets the server's address.
    public static func run<R: Sendable>(_ answer: String?, _ body: (String) async throws -> R) async throws -> R {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in channel.pipeline.addHandler(Handler(answer)) }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body("http://127.0.0.1:\(server.localAddress?.port ?? 0)")
            try await server.close()
            return result
        } catch {
            try? await server.close()
            throw error
        }
    }

    /// An answer of HTTP.
    public static func answer(_ status: String, _ body: String = "", headers: String = "") -> String {
        "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
