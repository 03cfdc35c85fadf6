import Contracts
import Foundation
import Postgres
import Trust

/// Recomputes the chain and compares.
struct AuditVerifier: Sendable {
    let pool: PostgresPool
    private let store = AuditStore()

    init(pool: PostgresPool) { self.pool = pool }

    /// What was found in some seals.
    struct Report: Codable, Sendable {
        /// One seal as the anchors tell of it.
        struct Seal: Codable, Sendable {
            var number: Int64
            var total: Int64
            var hash: String
        }

        var seals: [Seal]
        var rows: Int
        var faults: [String]
        /// Whether further seals follow.
        var hasMore: Bool
    }

    /// Checks up to `limit` seals after a number.
    func verify(after number: Int64, limit: Int) async throws -> Report {
        var previous = number > 0 ? try await store.seals(after: number - 1, limit: 1, in: pool).first : nil
        // A seal before that is gone is named by the first one after it.
        if previous?.number != number { previous = nil }
        let seals = try await store.seals(after: number, limit: limit, in: pool)
        var report = Report(seals: [], rows: 0, faults: [], hasMore: seals.count == limit)
        for seal in seals {
            let rows = try await store.rows(from: seal.fromTransaction, before: seal.beforeTransaction, in: pool)
            report.faults += AuditChain.faults(of: seal, after: previous, rows: rows).map(\.description)
            report.rows += rows.count
            report.seals.append(.init(number: seal.number, total: seal.total, hash: seal.hash.hex))
            previous = seal
        }
        return report
    }
}
