import Contracts
import Foundation
import Logging
import Postgres
import ServiceKit
import ServiceLifecycle

/// Work that is done when it is called for, and at intervals in case a call was lost with another process.
struct CalledJob: Service, CustomStringConvertible {
    let name: String
    let interval: Duration
    let wakeUp: WakeUp
    let logger: Logger
    let work: @Sendable () async throws -> Void

    var description: String { name }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await repeatUntilShutdown(every: interval, logger: logger, name: name) { wakeUp.call() }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    for await _ in wakeUp.calls {
                        do {
                            try await work()
                        } catch is CancellationError {
                            return
                        } catch {
                            logger.warning("\(name) failed", metadata: ["error": "\(error)"])
                        }
                    }
                }
            }
        }
    }
}

/// Makes the partitions of the months to come.
struct PartitionUpkeep: Sendable {
    let kit: ServiceContext

    func run() async throws {
        try await kit.pool.execute(
            """
            SELECT ensure_month_partition(parent::regclass, part_key,
                (\(kit.time.now)::timestamptz AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + ahead)
            FROM (VALUES ('callbacks', 'received_at'), ('ledger_postings', 'posted_at')) AS tables (parent, part_key),
                (VALUES (0), (31)) AS days (ahead)
            """)
    }
}
