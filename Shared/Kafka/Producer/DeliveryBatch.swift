import CRdKafka

/// What a record's delivery report is written into; librdkafka carries its address as the record's opaque pointer.
struct DeliverySlot {
    enum Status: UInt8 {
        case waiting, delivered, refused, unknown
    }

    /// Not retained: the ledger holds the batch until every report has come or no more can.
    let batch: Unmanaged<DeliveryBatch>
    var offset: Int64 = -1
    var partition: Int32 = -1
    var code: Int32 = 0
    var bytes: Int32 = 0
    var status = Status.waiting
}

/// The records of one send and what became of each.
///
/// One allocation for all slots and one continuation for all records, because there are a hundred thousand a second.
final class DeliveryBatch: @unchecked Sendable {
    // Sendable: `slots` is fixed at init and freed at deinit; what it points to is touched only inside `state`'s lock,
    // but for `bytes`, which is written before librdkafka gets the record and read by its report alone.
    let slots: UnsafeMutablePointer<DeliverySlot>
    let count: Int
    private let state: Guarded<State>

    private struct State {
        var waiting: Int
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    init(count: Int) {
        self.count = count
        slots = .allocate(capacity: max(1, count))
        state = Guarded(State(waiting: count))
        slots.initialize(repeating: DeliverySlot(batch: Unmanaged.passUnretained(self)), count: count)
    }

    deinit {
        slots.deinitialize(count: count)
        slots.deallocate()
    }

    /// Settles one record; later words about the same record change nothing.
    ///
    /// - Returns: true when it was the last one.
    func settle(
        _ slot: UnsafeMutablePointer<DeliverySlot>, _ status: DeliverySlot.Status, code: Int32 = 0,
        partition: Int32 = -1, offset: Int64 = -1
    ) -> Bool {
        let waiters: [CheckedContinuation<Void, Never>]? = state.withLock { state in
            guard slot.pointee.status == .waiting else { return nil }
            slot.pointee.status = status
            slot.pointee.code = code
            slot.pointee.partition = partition
            slot.pointee.offset = offset
            state.waiting -= 1
            guard state.waiting == 0 else { return nil }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.resume() }
        return true
    }

    /// Settles whatever still waits.
    func settleRest(_ status: DeliverySlot.Status, code: KafkaError.Code, from first: Int = 0) -> Bool {
        var wasLast = false
        for index in first..<max(first, count) where settle(slots + index, status, code: code.rawValue) {
            wasLast = true
        }
        return wasLast
    }

    /// Waits until every record is settled, or the task is cancelled.
    func settled() async {
        let id: UInt64 = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // Cancellation that came before runs its handler before this, so it has to be asked for here.
                    if state.waiting == 0 || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }

    /// What became of each record, in the order of sending.
    func results() -> [Result<KafkaDelivery, KafkaError>] {
        state.withLock { _ in
            (0..<count).map { index in
                let slot = slots[index]
                switch slot.status {
                case .delivered:
                    return .success(KafkaDelivery(partition: slot.partition, offset: slot.offset))
                case .refused:
                    return .failure(KafkaError(KafkaError.Code(rawValue: slot.code)))
                case .unknown:
                    return .failure(KafkaError(KafkaError.Code(rawValue: slot.code), isOutcomeUnknown: true))
                case .waiting:
                    return .failure(KafkaError(.cancelled, isOutcomeUnknown: true))
                }
            }
        }
    }
}
