/// Wakes background work; calls that come while it works are one call.
public struct WakeUp: Sendable {
    public let calls: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    public init() {
        (calls, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    public func call() { continuation.yield() }
}
