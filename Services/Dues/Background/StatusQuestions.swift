import Contracts
import DuesDomain
import Foundation
import Logging
import Metrics
import Postgres
import ServiceKit

/// Asks gateways what became of orders of which nobody knows: those that a gateway called pending, and those whose time
/// ran out without a callback.
///
/// What is answered is taken in where callbacks are: kept byte for byte and booked by the same rules. A question changes
/// nothing at the gateway, so it may be asked twice.
struct StatusQuestions: Sendable {
    let kit: ServiceContext
    let gateways: GatewayRegistry
    let client: any GatewayClient
    let callbacks: CallbackCounter
    let pause: GrowingPause
    /// How long one question may take before another process asks, in seconds.
    let lease: TimeInterval
    /// How long after an order's end a gateway may still learn of its payment, in seconds; after that "no such payment"
    /// is its last word.
    let closing: TimeInterval
    /// How many are asked at once.
    let parallel: Int

    /// Asks about everything that is due.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<parallel {
                group.addTask { while try await step() { try Task.checkCancellation() } }
            }
            try await group.waitForAll()
        }
    }

    /// Asks about the next order; false when none is due.
    func step() async throws -> Bool {
        let now = kit.time.now
        guard let due = try await StatusQuestionRows.takeDue(at: now, lease: lease, from: kit.pool) else {
            return false
        }
        // A callback or a settlement file was sooner.
        guard due.state == .unknown || due.state == .expired else {
            try await StatusQuestionRows.remove(due, in: kit.pool)
            return true
        }
        guard let gateway = gateways[due.channel], let url = gateway.statusURL else {
            try await StatusQuestionRows.postpone(due, until: now + pause.longest, in: kit.pool)
            return true
        }
        if try await isSettled(due, gateway, url) {
            try await StatusQuestionRows.remove(due, in: kit.pool)
        } else {
            try await StatusQuestionRows.postpone(
                due, until: kit.time.now + pause.after(due.asked), in: kit.pool)
        }
        return true
    }

    /// Asks, and takes in what is answered; whether that was the last word.
    private func isSettled(
        _ due: StatusQuestionRows.Due, _ gateway: any PaymentGateway, _ url: String
    ) async throws -> Bool {
        let order = AskedOrder(
            reference: due.reference, amount: due.total, createdAt: due.createdAt, askedAt: kit.time.now,
            number: kit.ids.next(at: kit.time.now).description.filter { $0 != "-" })
        let bytes: [UInt8]
        do {
            bytes = try await client.send(try gateway.statusCall(about: order, to: url))
        } catch let unreachable as GatewayUnreachable {
            tell(due, unreachable.reason)
            return false
        }
        let raw = RawCallback(bytes: bytes, receivedAt: kit.time.now, source: .status)
        let reading = reading(gateway.status(in: raw, of: order), due, gateway.name)
        let answer = await callbacks.receive(
            CallbackDesk.Arrival(gateway: gateway.name, raw: raw, reading: reading))
        guard case .authentic(let callback) = reading, callback.outcome != .pending else { return false }
        return [.confirmed, .alreadyConfirmed, .wrongAmount].contains(answer)
    }

    /// "No such payment" of an order that can still be paid says nothing; of one that cannot, it was not paid.
    private func reading(
        _ status: StatusReading, _ due: StatusQuestionRows.Due, _ gateway: String
    ) -> CallbackReading {
        switch status {
        case .told(let reading): return reading
        case .noPayment(let code):
            guard kit.time.now >= due.expiresAt + closing else { return .refused(.orderNotFound, reason: "no-payment") }
            return .authentic(
                GatewayCallback(
                    gateway: gateway, reference: due.reference.text, amount: due.total, outcome: .declined,
                    transaction: "0", paidAt: nil, code: code))
        }
    }

    private func tell(_ due: StatusQuestionRows.Due, _ reason: String) {
        Counter(
            label: "dues.gateway.calls.failed", dimensions: [("gateway", due.channel), ("question", "status")]
        ).increment()
        kit.logger.warning(
            "a gateway did not say what became of an order; it is asked again",
            metadata: [
                "gateway": "\(due.channel)", "order": "\(due.orderId)", "asked": "\(due.asked)", "reason": "\(reason)",
            ])
    }
}
