import Synchronization

/// Counts what happens too often to be told each time.
final class Tally: Sendable {
    private let state = Mutex<(count: Int, isTold: Bool)>((0, false))

    /// Counts one more. True when nobody tells of them: the caller does from now on, until ``take()`` has nothing left.
    func count() -> Bool {
        state.withLock { state in
            state.count += 1
            defer { state.isTold = true }
            return !state.isTold
        }
    }

    /// How many there were since the last time; nil, and the telling is at its end, when there were none.
    func take() -> Int? {
        state.withLock { state in
            let count = state.count
            state = (0, count > 0)
            return count > 0 ? count : nil
        }
    }
}
