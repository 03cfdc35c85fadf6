import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A POST of JSON to a gateway.
struct GatewayCall: Sendable {
    let url: String
    let body: [UInt8]

    init(url: String, _ message: some Encodable) throws {
        self.url = url
        body = try ContractsJSON.encode(message)
    }
}

/// No answer that could be read; the reason names no address and nothing of what was said.
struct GatewayUnreachable: Error, Hashable {
    let reason: String
}

/// Who calls gateways.
protocol GatewayClient: Sendable {
    /// The body of a good answer.
    ///
    /// - Throws: ``GatewayUnreachable`` when there was none; whether the gateway has worked on the call is not known.
    func send(_ call: GatewayCall) async throws -> [UInt8]
}

/// Calls over HTTP, within a time-out; redirections are not followed, what was signed is for one address.
struct HTTPGatewayClient: GatewayClient {
    let timeout: TimeAmount

    /// More than any answer of a gateway has.
    private static let largestAnswer = 65_536
    /// Lives as long as the process.
    private static let client = HTTPClient(
        eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
        configuration: HTTPClient.Configuration(redirectConfiguration: .disallow))

    func send(_ call: GatewayCall) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: call.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
        request.headers.add(name: "Accept", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: call.body))
        do {
            let answer = try await Self.client.execute(request, timeout: timeout)
            guard (200..<300).contains(answer.status.code) else {
                throw GatewayUnreachable(reason: "http-\(answer.status.code)")
            }
            return Array(try await answer.body.collect(upTo: Self.largestAnswer).readableBytesView)
        } catch let unreachable as GatewayUnreachable {
            throw unreachable
        } catch let error as CancellationError {
            throw error
        } catch is NIOTooManyBytesError {
            throw GatewayUnreachable(reason: "too-long")
        } catch {
            throw GatewayUnreachable(reason: "unreachable")
        }
    }
}
