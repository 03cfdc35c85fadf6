import Contracts
import Foundation
import Logging
import Messaging
import Metrics
import Postgres
import ServiceLifecycle
import Trust

/// Chains the audit rows in batches and publishes each link to the operations topic.
///
/// One process of a service seals at a time. A row waits until no older transaction runs: only then is it certain that
/// nothing will come before it.
struct AuditSealer: Service {
    let service: ServiceName
    let pool: PostgresPool
    let outbox: Outbox
    let time: any TimeSource
    let ids: any IDSource
    let interval: Duration
    let batch: Int
    let logger: Logger
    private let store = AuditStore()
    private let sealedRows = Counter(label: "audit.rows.sealed")

    init(_ kit: ServiceContext) throws {
        service = kit.service
        pool = kit.pool
        outbox = kit.outbox
        time = kit.time
        ids = kit.ids
        interval = try kit.settings.duration("audit.sealInterval")
        batch = try kit.settings.int("audit.sealBatch")
        logger = kit.logger
    }

    func run() async throws {
        await repeatUntilShutdown(every: interval, logger: logger, name: "audit sealing") {
            while try await sealBatch() >= batch { try Task.checkCancellation() }
        }
    }

    /// Seals the next rows, if there are any and nobody else does it; says how many.
    @discardableResult
    func sealBatch() async throws -> Int {
        try await pool.transaction { transaction in
            let lock = AdvisoryLockKey(named: "hoso.audit.\(service.rawValue)")
            guard try await transaction.tryLockAdvisory(lock) else { return 0 }
            let previous = try await store.lastSeal(in: transaction)
            let from = previous?.beforeTransaction ?? 0
            guard try await store.horizon(in: transaction) >= from else { throw AuditNumbersWentBack() }
            let rows = try await nextRows(from: from, in: transaction)
            guard !rows.isEmpty else { return 0 }
            try await write(.make(of: rows, after: previous), in: transaction)
            sealedRows.increment(by: rows.count)
            return rows.count
        }
    }

    /// Whole transactions only, so that a seal covers a range.
    private func nextRows(from: UInt64, in transaction: PostgresTransaction) async throws -> [AuditRow] {
        let rows = try await store.settledRows(from: from, limit: batch + 1, in: transaction)
        guard rows.count > batch, let last = rows.last?.transaction else { return rows }
        let whole = rows.filter { $0.transaction < last }
        if !whole.isEmpty { return whole }
        return try await store.rows(from: last, before: last + 1, in: transaction)
    }

    private func write(_ seal: AuditSeal, in transaction: PostgresTransaction) async throws {
        let now = time.now
        let anchorID = ids.next(at: now)
        try await store.insert(seal, anchorID: anchorID, at: now, in: transaction)
        let anchor = AuditAnchored(
            occurrenceId: anchorID, service: service, batch: seal.number, count: seal.total,
            hash: try ContentDigest(seal.hash.hex), anchoredAt: now)
        try await outbox.append(
            anchor, key: anchorID, version: 1, context: EventContext(now: now, ids: ids), in: transaction)
    }
}

/// The database counts transactions from a lower number than the last seal: its contents were copied into another
/// server. Sealing goes on once the numbers have caught up; meanwhile rows wait unsealed.
struct AuditNumbersWentBack: Error, CustomStringConvertible {
    let description = "the transaction numbers of this server are below those of the last seal"
}
