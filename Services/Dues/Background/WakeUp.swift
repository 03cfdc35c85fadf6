/// Wakes a background job; calls that come while it works are one call.
struct WakeUp: Sendable {
    let calls: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (calls, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func call() { continuation.yield() }
}
