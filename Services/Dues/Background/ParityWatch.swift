import Contracts
import DuesDomain
import Foundation
import Logging
import Metrics
import Postgres
import ServiceKit

/// Compares orders, payments, ledger and events as time goes by, a bounded stretch in each transaction, and tells what
/// differs as the gauge `dues_parity_differences`.
struct ParityWatch: Sendable {
    let kit: ServiceContext

    /// No stretch is longer.
    private static let stretch: TimeInterval = 3_600
    /// Whoever wrote before that has committed.
    private static let settling: TimeInterval = 300
    /// Shorter stretches wait until they are worth a comparison.
    private static let shortest: TimeInterval = 60

    func run() async throws {
        while try await step() { try Task.checkCancellation() }
        for (kind, count) in try await ParityFindings.counts(in: kit.pool) {
            Gauge(label: "dues.parity.differences", dimensions: [("kind", kind.rawValue)]).record(count)
        }
    }

    /// Compares the next stretch; false when the present is reached, or another process compares.
    func step() async throws -> Bool {
        let now = kit.time.now
        return try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            // The first comparison begins with the month.
            try await transaction.execute(
                """
                INSERT INTO parity_position (checked_through) VALUES (\(DuesMonth(containing: now).start))
                ON CONFLICT DO NOTHING
                """)
            guard
                let row = try await transaction.queryOptional(
                    "SELECT checked_through FROM parity_position FOR UPDATE SKIP LOCKED")
            else { return false }
            let from: Date = try row.get("checked_through")
            let through = min(from.addingTimeInterval(Self.stretch), now.addingTimeInterval(-Self.settling))
            guard through.timeIntervalSince(from) >= Self.shortest else { return false }
            let parity = Parity(from: from, through: through, now: now)
            let differences = try await parity.differences(in: transaction)
            try await ParityFindings.keep(differences, of: parity, at: now, in: transaction)
            try await transaction.execute("UPDATE parity_position SET checked_through = \(through)")
            if let first = differences.first {
                kit.logger.error(
                    "orders, payments, ledger and events differ",
                    metadata: [
                        "kind": "\(first.kind.rawValue)",
                        "order": "\(first.orderId.map { "\($0)" } ?? "-")",
                        "payment": "\(first.paymentId.map { "\($0)" } ?? "-")",
                        "expected": "\(first.expected.amount)", "found": "\(first.found.amount)",
                    ])
            }
            return true
        }
    }
}
