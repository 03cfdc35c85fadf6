import Contracts
import DuesDomain
import Foundation
import Logging
import Messaging
import Metrics
import Postgres
import ServiceKit

/// Books callbacks: raw bytes, order, payment, ledger and events in one transaction of two round trips and a commit.
struct CallbackBooking: CallbackBook {
    let kit: ServiceContext
    /// Called after a commit that holds a payment.
    let paymentsMade: WakeUp

    /// What each of them is to be answered, in their order; durable when this returns.
    func process(_ arrivals: [CallbackDesk.Arrival]) async throws -> [CallbackAnswer] {
        let context = kit.eventContext()
        let answers = try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            var locked = try await LockedOrders.lock(Set(arrivals.compactMap(\.reference)), in: transaction)
            var booking = OrderBooking(now: context.now, ids: kit.ids, outbox: kit.outbox, context: context)
            var records: [CallbackRecord] = []
            for arrival in arrivals { records.append(try decide(arrival, &locked, &booking)) }
            _ = try await transaction.pipeline([CallbackRecord.insertion(records)] + booking.statements)
            if !booking.payments.isEmpty { transaction.afterCommit { paymentsMade.call() } }
            kit.outbox.wakeRelay(after: transaction)
            return records.map(\.answer)
        }
        for (arrival, answer) in zip(arrivals, answers) { count(arrival, answer) }
        return answers
    }

    func keep(_ arrivals: [CallbackDesk.Arrival]) async {
        let records = arrivals.map { record($0, .tryAgain, reason: "not-booked") }
        _ = try? await kit.pool.execute(CallbackRecord.insertion(records))
        for arrival in arrivals { count(arrival, .tryAgain) }
    }

    private func decide(
        _ arrival: CallbackDesk.Arrival, _ locked: inout LockedOrders, _ booking: inout OrderBooking
    ) throws -> CallbackRecord {
        switch arrival.reading {
        case .refused(let answer, let reason): return record(arrival, answer, reason: reason)
        case .authentic(let callback):
            let reference = arrival.reference
            var order = locked[reference]
            let decision = CallbackDecision.decide(callback, on: &order, &locked.open)
            guard var changed = order else { return record(arrival, decision.answer) }
            _ = try booking.book(decision, callback, on: &changed, source: OrderBooking.Source(arrival.raw.source))
            locked[reference] = changed
            return record(arrival, decision.answer, order: changed.orderId)
        }
    }

    private func record(
        _ arrival: CallbackDesk.Arrival, _ answer: CallbackAnswer, reason: String? = nil, order: OrderID? = nil
    ) -> CallbackRecord {
        CallbackRecord(
            id: kit.ids.next(at: arrival.raw.receivedAt), gateway: arrival.gateway, raw: arrival.raw, answer: answer,
            reason: reason, orderId: order)
    }

    private func count(_ arrival: CallbackDesk.Arrival, _ answer: CallbackAnswer) {
        // That a gateway knows of no payment is no fault of anybody's.
        if case .refused(let said, let reason) = arrival.reading, said != .orderNotFound, said != .notOurs {
            kit.logger.warning(
                "what a gateway said was refused",
                metadata: [
                    "gateway": "\(arrival.gateway)", "source": "\(arrival.raw.source.rawValue)", "reason": "\(reason)",
                ])
        }
        if answer == .notOurs {
            kit.logger.error(
                "a gateway called back for another merchant", metadata: ["gateway": "\(arrival.gateway)"])
        }
        Counter(
            label: "dues.callbacks",
            dimensions: [
                ("gateway", arrival.gateway), ("answer", answer.rawValue), ("source", arrival.raw.source.rawValue),
            ]
        ).increment()
    }
}

extension CallbackDesk.Arrival {
    /// The order it speaks of, when it is authentic and the reference could be one of ours.
    var reference: PaymentReference? {
        guard case .authentic(let callback) = reading else { return nil }
        return try? PaymentReference(typed: callback.reference)
    }
}
