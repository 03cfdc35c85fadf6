import ConsoleDomain
import Logging
import Postgres
import ServiceKit
import ServiceLifecycle
import Synchronization

/// Looks at the newest events and tells the watchers of those that are new, whichever process of the console wrote
/// them.
final class EventTail: Service {
    /// How many of the newest are compared; of more than these between two looks not all are shown live.
    static let window = 200

    private let pool: PostgresPool
    private let hub: EventHub
    private let kept: Int
    private let logger: Logger
    private let state = Mutex((window: EventWindow(), looks: 0))

    /// - Parameter kept: how many events are kept.
    init(pool: PostgresPool, hub: EventHub, kept: Int, logger: Logger) {
        self.pool = pool
        self.hub = hub
        self.kept = kept
        self.logger = logger
    }

    func run() async {
        await repeatUntilShutdown(every: .milliseconds(500), logger: logger, name: "event tail") {
            try await self.look()
        }
        hub.close()
    }

    /// One look.
    func look() async throws {
        let newest = try await EventStore.newest(Self.window, in: pool)
        let (fresh, looks) = state.withLock { state in
            state.looks += 1
            return (state.window.fresh(newest), state.looks)
        }
        for event in fresh { hub.tell(.event(event)) }
        // Every ten seconds a beat, every minute what is old is deleted.
        if looks.isMultiple(of: 20) { hub.tell(.beat) }
        if looks.isMultiple(of: 120) { try await EventStore.trim(to: kept, in: pool) }
    }
}
