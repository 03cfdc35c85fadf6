import Synchronization

/// Holds every metric of the process and writes them in the Prometheus text format.
///
/// Bounded: above the limit of series for one name, further label values share the series `other`, so that a value taken
/// from the outside cannot fill the memory.
public final class MetricsRegistry: Sendable {
    enum Series {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)
    }

    struct Family {
        var kind: MetricName.Kind
        var help: String
        var series: [[String]: Series] = [:]
        var labelNames: [String]
    }

    /// A series as a caller asks for it, before its names are put right.
    private struct Request: Hashable {
        let label: String
        let kind: MetricName.Kind
        let unit: String?
        let dimensions: [String]
    }

    private struct State {
        var families: [String: Family] = [:]
        /// What was asked for before; as many as there are series, but for what overflowed.
        var known: [Request: Series] = [:]
        var help: [String: String] = [:]
        var collectors: [@Sendable (MetricsRegistry) -> Void] = []
    }

    private let state = Mutex(State())
    private let limit: Int
    let overflow = CounterSeries()

    /// The registry of the process.
    public static let shared = MetricsRegistry()

    /// - Parameter seriesLimit: the most label combinations of one name.
    public init(seriesLimit: Int = 500) {
        limit = seriesLimit
        describe("hoso_metrics_overflow", "Requests for a series beyond the limit of its name.")
    }

    /// Says what a metric means; `label` as it is given to swift-metrics.
    public func describe(_ label: String, _ help: String) {
        state.withLock { $0.help[MetricName.sanitized(label)] = help }
    }

    /// Adds something to run before each reading: it sets the gauges whose values are only known by asking.
    public func onCollect(_ collector: @escaping @Sendable (MetricsRegistry) -> Void) {
        state.withLock { $0.collectors.append(collector) }
    }

    func collect() {
        for collector in state.withLock({ $0.collectors }) { collector(self) }
    }

    func families() -> [(name: String, family: Family)] {
        state.withLock { $0.families.map { (name: $0.key, family: $0.value) }.sorted { $0.name < $1.name } }
    }

    func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
        let series = series(label, .counter, dimensions) { _ in .counter(CounterSeries()) }
        guard case .counter(let counter)? = series else { return CounterSeries() }
        return counter
    }

    func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        let series = series(label, .gauge, dimensions) { _ in .gauge(GaugeSeries()) }
        guard case .gauge(let gauge)? = series else { return GaugeSeries() }
        return gauge
    }

    func histogram(_ label: String, _ dimensions: [(String, String)], unit: String? = nil) -> HistogramSeries {
        let series = series(label, .histogram, unit: unit, dimensions) { name in
            .histogram(HistogramSeries(bounds: HistogramBuckets.bounds(forName: name)))
        }
        guard case .histogram(let histogram)? = series else { return HistogramSeries(bounds: []) }
        return histogram
    }

    /// The series of these labels, made when it is new; nothing when the name is taken by another kind.
    private func series(
        _ label: String, _ kind: MetricName.Kind, unit: String? = nil, _ dimensions: [(String, String)],
        make: (String) -> Series
    ) -> Series? {
        let request = Request(
            label: label, kind: kind, unit: unit, dimensions: dimensions.flatMap { [$0.0, $0.1] })
        if let known = state.withLock({ $0.known[request] }) { return known }
        let name = MetricName.name(of: label, kind: kind, unit: unit)
        let sorted = dimensions.map { (MetricName.sanitized($0.0), $0.1) }.sorted { $0.0 < $1.0 }
        let names = sorted.map(\.0)
        return state.withLock { state in
            let help = state.help[MetricName.sanitized(label)] ?? label
            var family = state.families[name] ?? Family(kind: kind, help: help, labelNames: names)
            // One name with two sets of labels, or of two kinds, is not a valid exposition.
            guard family.kind == kind, family.labelNames == names else { return nil }
            var values = sorted.map(\.1)
            if let found = family.series[values] {
                state.known[request] = found
                return found
            }
            let isOverflow = family.series.count >= limit
            if isOverflow {
                overflow.increment(by: Int64(1))
                values = values.map { _ in "other" }
                if let found = family.series[values] { return found }
            }
            let made = make(name)
            if !isOverflow { state.known[request] = made }
            family.series[values] = made
            state.families[name] = family
            return made
        }
    }
}
