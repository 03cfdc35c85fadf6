import Contracts
import Foundation
import Logging
import ServiceLifecycle

/// Forgets old answers, a few at a time, so that no statement runs long.
struct IdempotencyPruning: Service {
    let idempotency: Idempotency
    let retention: TimeInterval
    let time: any TimeSource
    let logger: Logger

    func run() async throws {
        await repeatUntilShutdown(every: .seconds(60), logger: logger, name: "idempotency pruning") {
            let batch = 1_000
            while try await idempotency.prune(before: time.now.addingTimeInterval(-retention), limit: batch) == batch {
                try Task.checkCancellation()
            }
        }
    }
}
