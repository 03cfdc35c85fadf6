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
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(5))
        guard response.status == .ok else { throw KeySetFault.status(response.status.code) }
        let body = try await response.body.collect(upTo: maximumBytes)
        return Data(body.readableBytesView)
    }
}
