import Contracts
import Foundation
import JWTKit
import Logging

/// Keeps the provider's keys, looks for new ones from time to time, and goes on with the old ones while the source is
/// away.
actor RefreshingKeys: KeySource {
    private let fetch: @Sendable () async throws -> Data
    private let refresh: TimeInterval
    private let time: any TimeSource
    private let logger: Logger
    private var known: JWTKeyCollection?
    private var lastAttempt: Date?
    private var attempt: Task<JWTKeyCollection?, Never>?

    /// A token with an invented key name must not make us ask the provider all the time.
    private static let shortestInterval: TimeInterval = 10

    init(
        refresh: TimeInterval, time: any TimeSource, logger: Logger, fetch: @escaping @Sendable () async throws -> Data
    ) {
        self.refresh = refresh
        self.time = time
        self.logger = logger
        self.fetch = fetch
    }

    func current() async -> JWTKeyCollection? {
        guard let known else {
            return isDue(after: Self.shortestInterval / 10) ? await look() : await attempt?.value
        }
        // Requests go on with the known keys while new ones are fetched.
        if isDue(after: refresh) { startLooking() }
        return known
    }

    func afterUnknownKey() async -> JWTKeyCollection? {
        guard isDue(after: Self.shortestInterval) else { return await attempt?.value }
        return await look()
    }

    private func isDue(after interval: TimeInterval) -> Bool {
        guard let lastAttempt else { return true }
        return time.now.timeIntervalSince(lastAttempt) >= interval
    }

    private func look() async -> JWTKeyCollection? {
        startLooking()
        return await attempt?.value
    }

    private func startLooking() {
        guard attempt == nil else { return }
        lastAttempt = time.now
        attempt = Task { await self.fetchOnce() }
    }

    private func fetchOnce() async -> JWTKeyCollection? {
        defer { attempt = nil }
        do {
            known = try await KeySetDocument.keys(in: try await fetch())
        } catch {
            logger.warning(
                "the identity provider's keys could not be read",
                metadata: ["error": "\(type(of: error))", "goesOnWithOldKeys": "\(known != nil)"])
        }
        return known
    }
}
