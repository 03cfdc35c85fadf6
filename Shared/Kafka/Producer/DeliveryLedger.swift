import CRdKafka
import CoreMetrics

/// What one producer client still owes an answer for, and who waits for room in its queue.
final class DeliveryLedger: ClientEvents {
    private typealias Waiter = CheckedContinuation<KafkaError?, Never>

    private struct State {
        var admission: Admission
        var waiters: [Admission.Ticket: Waiter] = [:]
        /// Holds the batches whose slots librdkafka points to.
        var batches: [ObjectIdentifier: DeliveryBatch] = [:]
        var fatal: KafkaError?
        var isClosed = false

        var refusal: KafkaError? { isClosed ? KafkaError(.closed) : fatal }

        mutating func take(_ tickets: [Admission.Ticket]) -> [Waiter] {
            tickets.compactMap { waiters.removeValue(forKey: $0) }
        }
    }

    private struct Round {
        var freed = Admission.Demand(records: 0, bytes: 0)
        var failed = 0
    }

    private let state: Guarded<State>
    /// What the reports of this round of polling add up to; accounted for in one go.
    private let round = Guarded(Round())
    private let metrics: ClientMetrics
    let limits: ProducerLimits

    init(_ limits: ProducerLimits, metrics: ClientMetrics) {
        self.limits = limits
        self.metrics = metrics
        state = Guarded(State(admission: Admission(records: limits.records, bytes: limits.bytes)))
    }

    /// The error that spoilt the client, if any.
    var fatal: KafkaError? { state.withLock { $0.fatal } }

    /// Records that are not answered yet.
    var outstanding: Int {
        round.withLock { round in state.withLock { $0.admission.used.records } - round.freed.records }
    }

    var openBatches: [DeliveryBatch] { state.withLock { Array($0.batches.values) } }

    func open(_ batch: DeliveryBatch) {
        state.withLock { $0.batches[ObjectIdentifier(batch)] = batch }
    }

    func close(_ batch: DeliveryBatch) {
        // Released outside the lock: a batch's end frees its slots.
        _ = state.withLock { $0.batches.removeValue(forKey: ObjectIdentifier(batch)) }
    }

    // MARK: - Room

    /// Waits for room; throws when there will be none, or the task is cancelled.
    func admit(_ demand: Admission.Demand) async throws(KafkaError) {
        let ticket: Admission.Ticket? = try state.withLock { state throws(KafkaError) in
            if let refusal = state.refusal { throw refusal }
            return state.admission.enter(demand) ? nil : state.admission.newTicket()
        }
        guard let ticket else { return }
        let refusal = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                wait(ticket, demand, waiter)
            }
        } onCancel: {
            cancel(ticket)
        }
        if let refusal { throw refusal }
    }

    private func wait(_ ticket: Admission.Ticket, _ demand: Admission.Demand, _ waiter: Waiter) {
        let (isOver, refusal): (Bool, KafkaError?) = state.withLock { state in
            if let refusal = state.refusal { return (true, refusal) }
            // A cancellation before this line found nobody to resume.
            if Task.isCancelled { return (true, KafkaError(.cancelled)) }
            if state.admission.enter(demand, orWaitAs: ticket) { return (true, nil) }
            state.waiters[ticket] = waiter
            return (false, nil)
        }
        if isOver { waiter.resume(returning: refusal) }
    }

    private func cancel(_ ticket: Admission.Ticket) {
        let (own, next): (Waiter?, [Waiter]) = state.withLock { state in
            guard let next = state.admission.withdraw(ticket) else { return (nil, []) }
            return (state.waiters.removeValue(forKey: ticket), state.take(next))
        }
        own?.resume(returning: KafkaError(.cancelled))
        for waiter in next { waiter.resume(returning: nil) }
    }

    func release(_ demand: Admission.Demand) {
        for waiter in free(demand) { waiter.resume(returning: nil) }
    }

    /// Gives room back; the answer is who has some now.
    private func free(_ demand: Admission.Demand) -> [Waiter] {
        state.withLock { state in
            let tickets = state.admission.release(demand)
            return state.take(tickets)
        }
    }

    /// Nobody gets room any more.
    func refuseWaiting(_ error: KafkaError, closing: Bool = false) {
        let waiters = state.withLock { state in
            if closing { state.isClosed = true }
            let tickets = state.admission.withdrawAll()
            return state.take(tickets)
        }
        for waiter in waiters { waiter.resume(returning: error) }
    }

    // MARK: - Reports

    func delivered(_ message: UnsafePointer<rd_kafka_message_t>) {
        guard let opaque = message.pointee._private else { return }
        let slot = opaque.assumingMemoryBound(to: DeliverySlot.self)
        let batch = slot.pointee.batch.takeUnretainedValue()
        let bytes = Int(slot.pointee.bytes)
        let code = message.pointee.err
        let status: DeliverySlot.Status
        if code == RD_KAFKA_RESP_ERR_NO_ERROR {
            status = .delivered
        } else {
            status = rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED ? .refused : .unknown
        }
        // Before the sender hears of it: it must not find a record outstanding that it has the answer for.
        let isDue = round.withLock { round in
            round.freed.records += 1
            round.freed.bytes += bytes
            if status != .delivered { round.failed += 1 }
            return round.freed.records >= 512
        }
        let wasLast = batch.settle(
            slot, status, code: code.rawValue, partition: message.pointee.partition, offset: message.pointee.offset)
        if wasLast { close(batch) }
        if isDue { endRound() }
    }

    /// Gives the room of reported records back and counts them; called by the polling thread after each round.
    func endRound() {
        let (ended, next) = round.withLock { round in
            let freed = round.freed
            defer { round = Round() }
            return (round, freed.records > 0 ? free(freed) : [])
        }
        guard ended.freed.records > 0 else { return }
        metrics.records.increment(by: ended.freed.records - ended.failed)
        if ended.failed > 0 { metrics.failedRecords.increment(by: ended.failed) }
        for waiter in next { waiter.resume(returning: nil) }
    }

    func failed(_ error: KafkaError) {
        guard error.isFatal else { return }
        state.withLock { state in
            if state.fatal == nil { state.fatal = error }
        }
        refuseWaiting(error)
    }

    /// Settles what can get no report any more; only after the client is destroyed.
    func settleRest() {
        let code = fatal?.code ?? .closed
        for batch in openBatches where batch.settleRest(.unknown, code: code) { close(batch) }
    }
}
