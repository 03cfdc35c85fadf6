public import AsyncHTTPClient
public import NIOCore
public import NIOHTTP1

/// An answer with all that stands in it.
public struct WholeAnswer: Sendable {
    public let status: UInt
    public let headers: HTTPHeaders
    /// Empty where the answer is none of success: nobody reads what stands there.
    public let body: ByteBuffer
}

/// No whole answer came in time.
public struct AnswerTimedOut: Error, CustomStringConvertible {
    public var description: String { "no whole answer came in time" }
}

extension HTTPClient {
    /// Follows no redirections: what is asked with a token, or about somebody, is for one address. It lives as long as the
    /// process.
    public static let unredirected = HTTPClient(
        eventLoopGroup: HTTPClient.defaultEventLoopGroup,
        configuration: Configuration(redirectConfiguration: .disallow))

    /// Asks, and reads the whole answer.
    ///
    /// - Parameters:
    ///   - bytes: how much its body may have.
    ///   - timeout: for all of it; the client's own deadline ends with the head of the answer.
    /// - Throws: ``AnswerTimedOut``, `NIOTooManyBytesError`, or why there was no answer.
    public func whole(
        _ request: HTTPClientRequest, upTo bytes: Int, within timeout: Duration
    ) async throws -> WholeAnswer {
        try await withThrowingTaskGroup(of: WholeAnswer.self) { group in
            group.addTask {
                let answer = try await self.execute(request, deadline: .distantFuture)
                let isGood = (200..<300).contains(answer.status.code)
                return WholeAnswer(
                    status: answer.status.code, headers: answer.headers,
                    body: isGood ? try await answer.body.collect(upTo: bytes) : ByteBuffer())
            }
            group.addTask {
                try await ContinuousClock().sleep(for: timeout)
                throw AnswerTimedOut()
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }
}
