import Postgres
import Synchronization

@testable import Dues

extension DuesScene {
    /// How many wait for a lock that the transaction of a backend holds.
    func waiting(for backend: Int) async throws -> Int {
        try await count("SELECT count(*) FROM pg_stat_activity WHERE \(backend) = ANY (pg_blocking_pids(pid))")
    }

    func backend(of transaction: PostgresTransaction) async throws -> Int {
        try await transaction.queryOne("SELECT pg_backend_pid() AS pid").get("pid")
    }
}

/// That something came to its end.
final class Ended: Sendable {
    private let flag = Atomic(false)

    var isSo: Bool { flag.load(ordering: .acquiring) }

    func now() { flag.store(true, ordering: .releasing) }
}
