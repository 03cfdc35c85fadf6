/// What the polling thread has to do besides polling, and when.
struct PollAgenda {
    /// A fetch that is on its way gets this long before it is overtaken.
    static let haste = Duration.milliseconds(4)
    private static let longestPoll = Duration.milliseconds(250)

    private var hurried: [(due: ContinuousClock.Instant, stream: PartitionStream)] = []
    private var nextReporting: ContinuousClock.Instant
    private let reporting: Duration

    init(now: ContinuousClock.Instant, reporting: Duration) {
        self.reporting = reporting
        nextReporting = now + reporting
    }

    mutating func hurry(_ stream: PartitionStream, now: ContinuousClock.Instant) {
        hurried.append((now + Self.haste, stream))
    }

    /// The streams whose time has come, in the order they asked.
    mutating func takeHurried(now: ContinuousClock.Instant) -> [PartitionStream] {
        guard let first = hurried.first, first.due <= now else { return [] }
        let due = hurried.prefix { $0.due <= now }
        hurried.removeFirst(due.count)
        return due.map(\.stream)
    }

    mutating func takeReporting(now: ContinuousClock.Instant) -> Bool {
        guard nextReporting <= now else { return false }
        nextReporting = now + reporting
        return true
    }

    /// How long a poll may last, in milliseconds.
    func patience(now: ContinuousClock.Instant) -> Int32 {
        var patience = min(Self.longestPoll, now.duration(to: nextReporting))
        if let first = hurried.first { patience = min(patience, now.duration(to: first.due)) }
        return patience.milliseconds
    }
}
