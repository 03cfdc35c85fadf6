import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Reads the provider's keys from where the configuration says.
enum KeyFetch {
    /// Larger documents are not read.
    private static let maximumBytes = 262_144

    /// Reads a file; a new one is seen at the next look.
    static func file(_ path: String) -> @Sendable () async throws -> Data {
        {
            guard let content = FileManager.default.contents(atPath: path) else { throw KeySetFault.unreadable }
            guard content.count <= maximumBytes else { throw KeySetFault.tooLarge }
            return content
        }
    }

    /// Asks a server; the answer must come within five seconds, and redirects are not followed.
    static func url(_ url: String) -> @Sendable () async throws -> Data {
        {
            // A client of its own for each look, as looks are ten minutes apart: nothing idles in between.
            var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
            configuration.timeout = .init(connect: .seconds(3), read: .seconds(5))
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            do {
                let data = try await get(url, client)
                try await client.shutdown()
                return data
            } catch {
                try? await client.shutdown()
                throw error
            }
        }
    }

    private static func get(_ url: String, _ client: HTTPClient) async throws -> Data {
        let answer = try await client.whole(HTTPClientRequest(url: url), upTo: maximumBytes, within: .seconds(5))
        guard answer.status == 200 else { throw KeySetFault.status(answer.status) }
        return Data(answer.body.readableBytesView)
    }
}
