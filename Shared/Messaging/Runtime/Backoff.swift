/// Growing pauses between attempts: doubled each time up to a bound, with jitter, so that many do not come at once.
struct Backoff {
    private var attempt = 0
    private var began = ContinuousClock.now
    private let first: Duration
    private let bound: Duration

    init(first: Duration = .milliseconds(100), bound: Duration = .seconds(5)) {
        self.first = first
        self.bound = bound
    }

    /// An attempt starts. One that lasts longer than the longest pause counts as a success.
    mutating func begin() { began = .now }

    mutating func reset() { attempt = 0 }

    mutating func next() -> Duration {
        if ContinuousClock.now - began > bound { reset() }
        let pause = min(first * (1 << min(attempt, 16)), bound)
        attempt += 1
        return pause * Double.random(in: 0.5...1)
    }
}
