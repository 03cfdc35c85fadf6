import Contracts
import Foundation
import Logging
import Messaging
import Metrics
import ServiceLifecycle
import Synchronization

/// Measures the outbox every few seconds, for readiness and metrics: a probe must not count rows itself.
final class OutboxWatch: Service {
    private let messaging: MessagingRuntime
    private let time: any TimeSource
    private let logger: Logger
    private let last = Mutex<OutboxStanding?>(nil)
    private let unsent = Meter(label: "outbox.unsent.events")
    private let blocked = Meter(label: "outbox.blocked.events")
    private let age = Meter(label: "outbox.oldest.unsent.age.seconds")

    init(_ messaging: MessagingRuntime, time: any TimeSource, logger: Logger) {
        self.messaging = messaging
        self.time = time
        self.logger = logger
        let registry = MetricsRegistry.shared
        registry.describe("outbox.unsent.events", "Events that no relay has confirmed yet.")
        registry.describe("outbox.blocked.events", "Events held back because the broker refused one of their key.")
        registry.describe("outbox.oldest.unsent.age.seconds", "Age of the oldest event that is not confirmed.")
    }

    /// What was found last; nothing before the first measurement.
    var standing: OutboxStanding? { last.withLock { $0 } }

    func run() async throws {
        await repeatUntilShutdown(every: .seconds(2), logger: logger, name: "outbox measurement") { [self] in
            let found = try await messaging.outboxStanding()
            last.withLock { $0 = found }
            unsent.set(found.unsent)
            blocked.set(found.blocked)
            age.set(found.oldestUnsentAt.map { max(0, time.now.timeIntervalSince($0)) } ?? 0)
        }
    }
}
