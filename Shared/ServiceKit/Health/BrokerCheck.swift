import Contracts
import Foundation
import Messaging

extension HealthCheck {
    /// Whether events leave and arrive. A broker that is away only degrades the service, as the outbox takes what is to
    /// be sent, until that is too much or too old.
    static func broker(
        _ messaging: MessagingRuntime, _ watch: OutboxWatch, settings: Settings, time: any TimeSource
    ) throws(ConfigurationFault) -> HealthCheck {
        let bound = OutboxBound(
            rows: Int64(try settings.int("outbox.degradedRows")), age: try settings.seconds("outbox.degradedAge"))
        return HealthCheck("broker") {
            let standing = messaging.standing
            let outbox = watch.standing
            return bound.state(
                isBrokerReachable: standing.isBrokerReachable, missingTopics: standing.missingTopics,
                unsent: outbox?.unsent, oldest: outbox?.oldestUnsentAt, blocked: outbox?.blocked ?? 0,
                stopped: standing.stoppedConsumers, now: time.now)
        }
    }
}

/// How much may wait in the outbox before the service stops taking requests.
struct OutboxBound: Sendable, Equatable {
    var rows: Int64
    var age: TimeInterval

    func state(
        isBrokerReachable: Bool, missingTopics: [String], unsent: Int64?, oldest: Date?, blocked: Int64,
        stopped: [String], now: Date
    ) -> HealthState {
        if let unsent, unsent > rows { return .failed("\(unsent) events are not sent, more than \(rows)") }
        if let oldest, now.timeIntervalSince(oldest) > age {
            return .failed("the oldest event not sent is \(Int(now.timeIntervalSince(oldest))) s old")
        }
        if !isBrokerReachable { return .degraded("the broker cannot be reached") }
        if !missingTopics.isEmpty {
            return .degraded("topics are missing, run migrate: \(missingTopics.joined(separator: ", "))")
        }
        if !stopped.isEmpty { return .degraded("consumers have stopped: \(stopped.joined(separator: "; "))") }
        if blocked > 0 { return .degraded("\(blocked) events are held back") }
        return .ok
    }
}
