import CRdKafka

/// Wakes the reader of one partition when its queue is no longer empty.
///
/// librdkafka calls it with the queue's lock held, so nothing here touches the queue, and nobody touches a queue with
/// this lock held.
final class Wakeup: Sendable {
    private struct State {
        var isRaised = false
        var isEnded = false
        var waiter: CheckedContinuation<Void, Never>?

        mutating func take() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter
        }
    }

    private let state = Guarded(State())

    /// Whether a reader waits in vain so far.
    var hasWaiter: Bool { state.withLock { $0.waiter != nil } }

    /// Forgets earlier wake-ups; called before looking into the queue, so that none after the look is missed.
    func lower() {
        state.withLock { $0.isRaised = false }
    }

    func raise() {
        state.withLock { state in
            state.isRaised = state.waiter == nil
            return state.take()
        }?.resume()
    }

    /// Nobody waits from now on.
    func end() {
        state.withLock { state in
            state.isEnded = true
            return state.take()
        }?.resume()
    }

    /// Waits for a wake-up since `lower`, the end, or the task's cancellation.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isRaised || state.isEnded || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.take() }?.resume()
        }
    }
}

extension Wakeup {
    /// Raises this at every change of the queue from empty to not empty.
    func watch(_ queue: OpaquePointer) {
        // The queue keeps this reference until `unwatch`.
        rd_kafka_queue_cb_event_enable(queue, queueCallback, Unmanaged.passRetained(self).toOpaque())
    }

    /// After this call no callback runs or will: the queue's lock orders them.
    func unwatch(_ queue: OpaquePointer) {
        rd_kafka_queue_cb_event_enable(queue, nil, nil)
        Unmanaged.passUnretained(self).release()
    }
}

/// Called by a thread of librdkafka; the pointer is the reference that `watch` left with the queue.
private func queueCallback(_ client: OpaquePointer?, _ opaque: UnsafeMutableRawPointer?) {
    guard let opaque else { return }
    Unmanaged<Wakeup>.fromOpaque(opaque).takeUnretainedValue().raise()
}
