import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

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
    /// Lives as long as the process.
    private static let client = HTTPClient(
        eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
        configuration: HTTPClient.Configuration(redirectConfiguration: .disallow))

    func send(_ call: GatewayCall) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: call.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
        request.headers.add(name: "Accept", value: "application/json")
        for (name, value) in call.headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: call.body))
        do {
            return try await withinTimeout { [request] in try await Self.answer(to: request) }
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

    private static func answer(to request: HTTPClientRequest) async throws -> [UInt8] {
        // Ended by the group around it: the client's own deadline ends with the head of the answer.
        let answer = try await client.execute(request, deadline: .distantFuture)
        guard (200..<300).contains(answer.status.code) else {
            throw GatewayUnreachable(reason: "http-\(answer.status.code)")
        }
        return Array(try await answer.body.collect(upTo: largestAnswer).readableBytesView)
    }

    private func withinTimeout(_ work: @escaping @Sendable () async throws -> [UInt8]) async throws -> [UInt8] {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask(operation: work)
            group.addTask {
                try await Task.sleep(for: timeout)
                throw GatewayUnreachable(reason: "time-out")
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }
}
