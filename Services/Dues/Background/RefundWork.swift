import Contracts
import DuesDomain
import Foundation
import Logging
import Metrics
import Postgres
import ServiceKit

/// Tells gateways of approved refunds and asks what became of those of which nobody knows, outside of any transaction.
///
/// That a refund is sent is written before it is sent. A process that dies in between leaves it `sent`; whoever finds it
/// after the lease asks, and sends again only what the gateway says it has never heard of.
struct RefundWork: Sendable {
    let kit: ServiceContext
    let gateways: GatewayRegistry
    let client: any GatewayClient
    let booking: RefundBooking
    let pause: GrowingPause
    /// How long one call is one process's own, in seconds.
    let lease: TimeInterval
    /// How long after a sending "never heard of it" is not yet believed, in seconds.
    let closing: TimeInterval

    /// Works on everything that is due.
    func drain() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// What is to be done with a refund that was taken.
    private struct Due {
        let row: RefundRow
        /// Told for the first time, or once more; asked about otherwise.
        let isSending: Bool
        /// Whether it was told before.
        let isAgain: Bool
        let gateway: any RefundingGateway
        let url: String
    }

    private enum Taken {
        case nothing
        /// The gateway cannot be told or asked, or is not to be told; it is looked at again later, or has ended.
        case postponed
        case due(Due)
    }

    /// Works on the next one; false when none is due.
    func step() async throws -> Bool {
        let taken = try await kit.pool.transaction(TransactionOptions(attempts: 3)) { try await take(in: $0) }
        switch taken {
        case .nothing: return false
        case .postponed: return true
        case .due(let due):
            try await work(on: due)
            return true
        }
    }

    private func take(in transaction: PostgresTransaction) async throws -> Taken {
        let now = kit.time.now
        guard let row = try await RefundRow.lockDue(at: now, in: transaction) else { return .nothing }
        let isSending = row.refund.state == .approved
        if isSending, try await isHeld(row, at: now, in: transaction) { return .postponed }
        let gateway = gateways[row.channel] as? any RefundingGateway
        guard let gateway, let url = isSending ? gateway.refundURL : gateway.refundStatusURL else {
            try await postpone(row, until: now + pause.longest, in: transaction)
            return .postponed
        }
        let leased = try await booking.take(
            isSending ? .send : .noAnswer, of: row, .init(nextAt: now + lease, isAsked: true), in: transaction)
        return .due(
            Due(row: leased, isSending: isSending, isAgain: row.sentAt != nil, gateway: gateway, url: url))
    }

    /// Whether a file tells of money of the payment that the gateway took back and nobody has noted: nothing is sent on top.
    ///
    /// One that was never sent ends as withdrawn. One that was may be what the file tells of: a person says so.
    private func isHeld(_ row: RefundRow, at now: Date, in transaction: PostgresTransaction) async throws -> Bool {
        guard let payment = try await RefundablePaymentRow.lock(row.paymentId, in: transaction) else {
            throw Problem.notFound
        }
        let isTold = try await row.isTold(in: transaction)
        guard isTold || payment.reversed.takenBack > .zero else { return false }
        if row.sentAt == nil {
            _ = try await booking.take(.withdraw, of: row, .init(reason: Self.takenBack), in: transaction)
            try await kit.audit.record(
                "refund.withdrawn", subject: "\(row.refund.refundId)", actor: "service:dues",
                details: ["paymentId": "\(row.paymentId)", "amount": "\(row.amount)"], in: transaction)
        } else {
            _ = try await booking.take(.hold, of: row, .init(nextAt: now + pause.longest), in: transaction)
        }
        kit.logger.warning(
            "a refund was not sent: the gateway took money of its payment back",
            metadata: ["gateway": "\(row.channel)", "refund": "\(row.refund.refundId)"])
        return true
    }

    private static let takenBack = "Cổng đã tự thu hồi tiền của khoản này."

    /// One that was sent and cannot be asked about is for a person.
    private func postpone(_ row: RefundRow, until next: Date, in transaction: PostgresTransaction) async throws {
        guard row.refund.state == .approved else {
            _ = try await booking.take(.noAnswer, of: row, .init(nextAt: next), in: transaction)
            return
        }
        try await transaction.execute(
            "UPDATE refunds SET next_at = \(next) WHERE refund_id = \(row.refund.refundId)")
    }

    private func work(on due: Due) async throws {
        let request = due.row.request
        let question = kit.ids.next(at: kit.time.now).description.filter { $0 != "-" }
        do {
            let raw = try await client.send(
                due.isSending
                    ? try due.gateway.refundCall(for: request, to: due.url)
                    : try due.gateway.refundStatusCall(
                        about: request, question: question, at: kit.time.now, to: due.url))
            try await settle(due, raw) { request in
                due.isSending
                    ? due.gateway.refund(in: raw, for: request)
                    : due.gateway.refundStatus(in: raw, of: request, question: question)
            }
        } catch let unreachable as GatewayUnreachable {
            try await settle(due, nil) { _ in .unusable(reason: unreachable.reason) }
        }
    }

    /// Keeps the answer and takes the step that it says, where the refund is still in these hands.
    ///
    /// - Parameter read: reads the answer; it is called under the lock, with what other refunds of the payment have ended
    ///   with by then.
    private func settle(
        _ due: Due, _ raw: [UInt8]?, _ read: @escaping @Sendable (RefundRequest) -> RefundReading
    ) async throws {
        let id = due.row.refund.refundId
        let reading = try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            guard let row = try await RefundRow.lock(id, in: transaction) else { throw Problem.notFound }
            let (now, reading) = (kit.time.now, read(row.request))
            if let raw {
                try await transaction.execute(
                    RefundRow.answerInsertion(
                        id, asked: due.row.asked, due.isSending ? "refund" : "status", raw, reading, at: now))
            }
            guard row.asked == due.row.asked, row.refund.state == due.row.refund.state else {
                try await contradict(row, reading, now, in: transaction)
                return reading
            }
            var (step, note) = step(after: reading, due, now)
            // What it refused and has never heard of will not come.
            if step == .notReceived, let code = try await row.refusal(in: transaction) {
                (step, note) = (.fail, .init(code: code))
            }
            _ = try await booking.take(step, of: row, note, in: transaction)
            return reading
        }
        if case .unusable(let reason) = reading { tell(due, reason) }
    }

    private func step(after reading: RefundReading, _ due: Due, _ now: Date) -> (RefundStep, RefundBooking.Note) {
        let later = now + pause.after(due.row.asked)
        switch reading {
        case .succeeded(let transaction): return (.succeed, .init(transaction: transaction))
        // A gateway may refuse the number because it had come after all.
        case .failed(let code) where due.isSending && due.isAgain: return (.noAnswer, .init(code: code, nextAt: later))
        case .failed(let code): return (.fail, .init(code: code))
        case .pending(let code): return (.noAnswer, .init(code: code, nextAt: later))
        case .notReceived(let code):
            guard !due.isSending, let sent = due.row.sentAt, now >= sent + closing else {
                return (.noAnswer, .init(code: code, nextAt: later))
            }
            return (.notReceived, .init(code: code, nextAt: now))
        case .unusable: return (.noAnswer, .init(nextAt: later))
        }
    }

    /// A person ended the refund, and then the gateway says the contrary.
    private func contradict(
        _ row: RefundRow, _ reading: RefundReading, _ now: Date, in transaction: PostgresTransaction
    ) async throws {
        switch (reading, row.refund.state) {
        case (.succeeded, .failed), (.failed, .succeeded): break
        default: return
        }
        var exceptions = ExceptionRows()
        exceptions.add(
            ExceptionKind.refundContradiction.rawValue, owner: row.payeeId, order: row.orderId, payment: row.paymentId,
            amount: row.amount, refund: row.refund.refundId, id: kit.ids.next(at: now))
        if let insertion = exceptions.insertion(at: now) { try await transaction.execute(insertion) }
    }

    private func tell(_ due: Due, _ reason: String) {
        Counter(
            label: "dues.gateway.calls.failed", dimensions: [("gateway", due.row.channel), ("question", "refund")]
        ).increment()
        kit.logger.warning(
            "a gateway gave no answer about a refund; it is asked what became of it",
            metadata: [
                "gateway": "\(due.row.channel)", "refund": "\(due.row.refund.refundId)", "asked": "\(due.row.asked)",
                "reason": "\(reason)",
            ])
    }
}
