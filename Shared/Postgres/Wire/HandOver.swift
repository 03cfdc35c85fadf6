import Synchronization

/// One value that a thread leaves for a task that waits for it.
///
/// The continuation alone could carry the value, but the thread sanitizer does not see how the concurrency runtime
/// orders a resume that comes before the suspension is complete. So the value lies here, behind an atomic that it sees.
///
/// `@unchecked Sendable`: `continuation` is set before `start` makes this object known to anybody else; `value` is
/// written once, before the releasing store, and read only after the acquiring load that follows the resume.
final class HandOver<Value: Sendable>: @unchecked Sendable {
    private var value: Value?
    private var continuation: UnsafeContinuation<Void, Never>?
    private let isGiven = Atomic(false)

    private init() {}

    /// Waits for the value; `start` has to see to it that `give` is called exactly once, sooner or later.
    static func value(from start: (HandOver<Value>) -> Void) async -> Value {
        let handOver = HandOver()
        await withUnsafeContinuation { continuation in
            handOver.continuation = continuation
            start(handOver)
        }
        guard handOver.isGiven.load(ordering: .acquiring), let value = handOver.value else {
            preconditionFailure("a task is resumed with its value or not at all")
        }
        return value
    }

    /// Leaves the value and resumes the task.
    func give(_ value: Value) {
        let continuation = continuation
        self.value = value
        isGiven.store(true, ordering: .releasing)
        continuation?.resume()
    }
}
