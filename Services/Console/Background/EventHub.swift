import ConsoleDomain
import Synchronization

/// Tells those who watch of new events. Each has a bounded queue; who is too slow misses the oldest.
final class EventHub: Sendable {
    /// What a watcher is told.
    enum Notice: Sendable {
        case event(SeenEvent)
        /// Nothing new; shows that the line still stands.
        case beat
    }

    private struct State {
        var nextID = 0
        var watchers: [Int: AsyncStream<Notice>.Continuation] = [:]
        var isClosed = false
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many may watch at once.
    init(limit: Int) { self.limit = limit }

    /// The notices from now on; nothing when too many watch already.
    func watch() -> AsyncStream<Notice>? {
        let (stream, continuation) = AsyncStream.makeStream(of: Notice.self, bufferingPolicy: .bufferingNewest(256))
        let id: Int? = state.withLock { state in
            guard !state.isClosed, state.watchers.count < limit else { return nil }
            state.nextID += 1
            state.watchers[state.nextID] = continuation
            return state.nextID
        }
        guard let id else { return nil }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.watchers.removeValue(forKey: id) }
        }
        return stream
    }

    func tell(_ notice: Notice) {
        for watcher in state.withLock({ Array($0.watchers.values) }) { watcher.yield(notice) }
    }

    /// Ends every line; nobody watches any more.
    func close() {
        let watchers = state.withLock { state in
            state.isClosed = true
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish() }
    }

    var watcherCount: Int { state.withLock { $0.watchers.count } }
}
