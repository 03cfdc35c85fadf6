import Contracts
import NotificationDomain

/// One way out. What an unknown outcome means is stated by each: it is tried again, so the notice goes out at least once.
protocol Channel: Sendable {
    func send(_ delivery: Delivery) async -> DeliveryOutcome
}
