import Kafka
import Logging
import Synchronization

/// Knows which Kafka cluster stands behind the configured address, and notices when it becomes another one.
///
/// A broker that was lost and stands up again empty keeps its address and gets a new cluster id. Positions are kept for
/// each cluster id: in the new one relays and consumers start from the beginning.
final class ClusterWatch: Sendable {
    private let admin: KafkaAdmin
    private let interval: Duration
    private let logger: Logger
    private let known = Mutex<String?>(nil)
    private let reachable = Mutex(false)
    private let change = Signal()

    init(admin: KafkaAdmin, interval: Duration = .seconds(1), logger: Logger) {
        self.admin = admin
        self.interval = interval
        self.logger = logger
    }

    /// Whether the broker answered when it was last asked.
    var isReachable: Bool { reachable.withLock { $0 } }

    /// The id last seen, `nil` before the broker has answered for the first time.
    var lastKnown: String? { known.withLock { $0 } }

    /// Lets clients connect only while the broker is still that of `id`: what they have queued, and the offsets they read
    /// at, mean nothing to another one.
    func gate(to id: String) -> ConnectionGate { admin.gate(to: id) }

    /// The id last seen; waits for the first one.
    func current() async throws -> String {
        while true {
            if let id = lastKnown { return id }
            try Task.checkCancellation()
            await change.wait(atMost: .milliseconds(100))
        }
    }

    /// Returns once the cluster is another one than `id`.
    func becomesOther(than id: String) async throws {
        while try await current() == id { try await Task.sleep(for: interval / 4) }
    }

    /// Asks again and again; ends on cancellation.
    func run() async {
        while !Task.isCancelled {
            do {
                let id = try await admin.clusterID(timeout: .seconds(2))
                let before = known.withLock { known in
                    defer { known = id }
                    return known
                }
                note(isReachable: true)
                if before != id {
                    logger.info("Kafka cluster", metadata: ["cluster": "\(id)", "before": "\(before ?? "-")"])
                    change.raise()
                }
            } catch {
                note(isReachable: false)
            }
            try? await Task.sleep(for: interval)
        }
    }

    private func note(isReachable now: Bool) {
        let before = reachable.withLock { value in
            defer { value = now }
            return value
        }
        if before != now { logger.log(level: now ? .info : .warning, now ? "broker reachable" : "broker unreachable") }
    }
}
