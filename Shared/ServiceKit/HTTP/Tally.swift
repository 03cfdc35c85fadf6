import Synchronization

/// Counts what happens too often to be told each time.
final class Tally: Sendable {
    private let state = Mutex<(count: Int, told: ContinuousClock.Instant?)>((0, nil))

    /// Counts one more; how many there were since the last answer, at most once a second.
    func count(at now: ContinuousClock.Instant) -> Int? {
        state.withLock { state in
            state.count += 1
            if let told = state.told, now - told < .seconds(1) { return nil }
            defer { state = (0, now) }
            return state.count
        }
    }
}
