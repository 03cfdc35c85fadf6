import Contracts
import Foundation
import ServiceKit
import ServiceLifecycle

/// Removes uploaded files that no dossier came to use.
struct UnclaimedFiles: Service {
    let kit: ServiceContext
    /// How long they are kept, in seconds.
    let retention: TimeInterval

    func run() async throws {
        await repeatUntilShutdown(every: .seconds(600), logger: kit.logger, name: "unclaimed-files") {
            try await removeOld()
        }
    }

    func removeOld() async throws {
        let before = kit.time.now.addingTimeInterval(-retention)
        while try await AttachmentStore.removeUnclaimed(before: before, in: kit.pool) > 0 {
            try Task.checkCancellation()
        }
    }
}
