import Metrics

/// What a consumer counts.
struct ConsumerMetrics: Sendable {
    private let applied: Counter
    private let duplicates: Counter
    private let unknown: Counter
    private let waiting: Counter
    private let parked: Counter
    private let stopped: Gauge

    init(consumer: String) {
        func counter(_ outcome: String) -> Counter {
            Counter(
                label: "hoso_consumer_messages_total", dimensions: [("consumer", consumer), ("outcome", outcome)])
        }
        applied = counter("applied")
        duplicates = counter("duplicate")
        unknown = counter("unknown")
        waiting = counter("waiting")
        parked = counter("parked")
        stopped = Gauge(label: "hoso_consumer_stopped", dimensions: [("consumer", consumer)])
        stopped.record(0)
    }

    func count(_ outcome: BatchOutcome) {
        for (counter, amount) in [
            (applied, outcome.applied), (duplicates, outcome.duplicates), (unknown, outcome.unknown),
            (waiting, outcome.waiting), (parked, outcome.parked),
        ] where amount > 0 { counter.increment(by: amount) }
    }

    func isStopped(_ value: Bool) { stopped.record(value ? 1 : 0) }
}
