import Contracts
import Foundation
import Messaging
import Metrics
import NotificationDomain
import Postgres
import ServiceKit
import ServiceLifecycle

/// Sends what is queued, outside any transaction, and writes down what became of it.
struct DeliveryWorker: Service {
    let kit: ServiceContext
    let channels: [NoticeChannel: any Channel]
    let plan: DeliveryPlan
    /// How long an attempt may take before somebody else may try.
    let lease: TimeInterval
    /// Deliveries sent at the same time.
    let parallel: Int

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<parallel {
                group.addTask {
                    await repeatUntilShutdown(every: .milliseconds(250), logger: kit.logger, name: "deliveries") {
                        while try await sendOne() { try Task.checkCancellation() }
                    }
                }
            }
        }
    }

    /// Sends one due delivery; answers whether there was one.
    func sendOne() async throws -> Bool {
        guard let delivery = try await Deliveries.take(now: kit.time.now, lease: lease, from: kit.pool) else {
            return false
        }
        let outcome =
            await channels[delivery.channel]?.send(delivery) ?? .refused(reason: "channel-not-configured")
        try await settle(delivery, outcome)
        return true
    }

    private func settle(_ delivery: Delivery, _ outcome: DeliveryOutcome) async throws {
        let now = kit.time.now
        let next = plan.next(after: outcome, attempt: delivery.attempt, now: now)
        try await kit.pool.transaction { transaction in
            switch outcome {
            case .sent:
                guard
                    try await Deliveries.settle(
                        delivery, state: "sent", reason: nil, nextAttempt: nil, now: now, in: transaction)
                else { return }
                try await publish(sent(delivery, now), delivery, in: transaction)
            case .failed(let reason), .refused(let reason):
                guard
                    try await Deliveries.settle(
                        delivery, state: next == nil ? "failed" : "queued", reason: reason, nextAttempt: next, now: now,
                        in: transaction)
                else { return }
                try await publish(
                    failed(delivery, reason, isFinal: next == nil, now), delivery, in: transaction)
            }
        }
        count(delivery, outcome, next)
    }

    private func publish<Payload: EventPayload>(
        _ payload: Payload, _ delivery: Delivery, in transaction: PostgresTransaction
    ) async throws {
        try await kit.outbox.append(
            payload, key: delivery.id.value, version: delivery.version + 1, context: kit.eventContext(),
            in: transaction)
    }

    private func sent(_ delivery: Delivery, _ now: Date) -> DeliverySent {
        DeliverySent(
            deliveryId: delivery.id, causeId: delivery.eventID, rule: delivery.rule, channel: delivery.channel,
            memberId: delivery.memberID, dossierId: delivery.dossierID, attempt: delivery.attempt, sentAt: now)
    }

    private func failed(_ delivery: Delivery, _ reason: String, isFinal: Bool, _ now: Date) -> DeliveryFailed {
        DeliveryFailed(
            deliveryId: delivery.id, causeId: delivery.eventID, rule: delivery.rule, channel: delivery.channel,
            memberId: delivery.memberID, dossierId: delivery.dossierID, attempt: delivery.attempt, reason: reason,
            final: isFinal, failedAt: now)
    }

    private func count(_ delivery: Delivery, _ outcome: DeliveryOutcome, _ next: Date?) {
        let name =
            switch outcome {
            case .sent: "sent"
            case .failed: next == nil ? "given-up" : "put-off"
            case .refused: "refused"
            }
        Counter(
            label: "notification.deliveries", dimensions: [("channel", delivery.channel.rawValue), ("outcome", name)]
        ).increment()
    }
}
