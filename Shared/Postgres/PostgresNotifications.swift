/// One notification as NOTIFY sent it.
public struct PostgresNotification: Sendable, Hashable {
    public let channel: String
    public let payload: String
    /// The server's process that sent it.
    public let processID: Int32
}

/// The notifications of one channel from the moment of listening.
public struct PostgresNotifications: AsyncSequence, Sendable {
    public typealias Element = PostgresNotification
    public typealias Failure = any Error

    let stream: AsyncThrowingStream<PostgresNotification, any Error>

    public func makeAsyncIterator() -> AsyncThrowingStream<PostgresNotification, any Error>.Iterator {
        stream.makeAsyncIterator()
    }
}

/// Who listens to what on one connection.
final class Subscriptions: Sendable {
    private typealias Sink = AsyncThrowingStream<PostgresNotification, any Error>.Continuation
    private struct State {
        var sinks: [UInt64: (channel: String, sink: Sink)] = [:]
        var lastID: UInt64 = 0
        var isEnded = false
    }

    private let state = Guarded(State())

    /// More than so many unread ones push the oldest out.
    private static let kept = 1024

    deinit { end(nil) }

    func subscribe(to channel: String) -> PostgresNotifications {
        let (stream, sink) = AsyncThrowingStream.makeStream(
            of: PostgresNotification.self, bufferingPolicy: .bufferingNewest(Self.kept))
        let id = state.withLock { state -> UInt64? in
            if state.isEnded { return nil }
            state.lastID += 1
            state.sinks[state.lastID] = (channel, sink)
            return state.lastID
        }
        guard let id else {
            sink.finish(throwing: PostgresError(.connection, "the connection is closed"))
            return PostgresNotifications(stream: stream)
        }
        sink.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.sinks.removeValue(forKey: id) }
        }
        return PostgresNotifications(stream: stream)
    }

    func deliver(_ notification: PostgresNotification) {
        let sinks = state.withLock { $0.sinks.values.filter { $0.channel == notification.channel }.map(\.sink) }
        for sink in sinks { sink.yield(notification) }
    }

    func end(_ error: PostgresError?) {
        let sinks = state.withLock { state in
            state.isEnded = true
            defer { state.sinks = [:] }
            return state.sinks.values.map(\.sink)
        }
        for sink in sinks { sink.finish(throwing: error) }
    }
}
