import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1
import ServiceKit

/// A POST of JSON to a gateway.
struct GatewayCall: Sendable {
    let url: String
    /// Beside those that say that it is JSON.
    let headers: [String: String]
    let body: [UInt8]

    init(url: String, headers: [String: String] = [:], _ message: some Encodable) throws {
        self.url = url
        self.headers = headers
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
    /// For the whole of an answer.
    let timeout: Duration

    /// More than any answer of a gateway has.
    private static let largestAnswer = 65_536

    func send(_ call: GatewayCall) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: call.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
        request.headers.add(name: "Accept", value: "application/json")
        for (name, value) in call.headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: call.body))
        let answer = try await answer(to: request)
        guard (200..<300).contains(answer.status) else { throw GatewayUnreachable(reason: "http-\(answer.status)") }
        return Array(answer.body.readableBytesView)
    }

    private func answer(to request: HTTPClientRequest) async throws -> WholeAnswer {
        do {
            return try await HTTPClient.unredirected.whole(request, upTo: Self.largestAnswer, within: timeout)
        } catch let error as CancellationError {
            throw error
        } catch is AnswerTimedOut {
            throw GatewayUnreachable(reason: "time-out")
        } catch is NIOTooManyBytesError {
            throw GatewayUnreachable(reason: "too-long")
        } catch {
            throw GatewayUnreachable(reason: "unreachable")
        }
    }
}
