extension MetricsRegistry {
    /// The content type of the Prometheus text format.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Every metric in the Prometheus text format.
    public func text() -> String {
        collect()
        var text = ""
        for (name, family) in families() {
            let lines = family.series.sorted { $0.key.lexicographicallyPrecedes($1.key) }.compactMap {
                Self.lines(name, labels: Array(zip(family.labelNames, $0.key)), $0.value)
            }
            guard !lines.isEmpty else { continue }
            text += Self.head(name, family.kind, help: family.help) + lines.joined()
        }
        let overflowName = "hoso_metrics_overflow_total"
        text += Self.head(overflowName, .counter, help: "Requests for a series beyond the limit of its name.")
        return text + "\(overflowName) \(Self.number(overflow.value))\n"
    }

    private static func head(_ name: String, _ kind: MetricName.Kind, help: String) -> String {
        let help = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private static func lines(_ name: String, labels: [(String, String)], _ series: Series) -> String? {
        switch series {
        case .counter(let counter): return "\(name)\(braced(labels)) \(number(counter.value))\n"
        case .gauge(let gauge): return gauge.value.map { "\(name)\(braced(labels)) \(number($0))\n" }
        case .histogram(let histogram): return lines(name, labels, histogram)
        }
    }

    private static func lines(_ name: String, _ labels: [(String, String)], _ histogram: HistogramSeries) -> String {
        let state = histogram.snapshot
        var text = ""
        var sum: UInt64 = 0
        for (bound, count) in zip(histogram.bounds, state.counts) {
            sum += count
            text += "\(name)_bucket\(braced(labels + [("le", number(bound))])) \(sum)\n"
        }
        text += "\(name)_bucket\(braced(labels + [("le", "+Inf")])) \(state.count)\n"
        text += "\(name)_sum\(braced(labels)) \(number(state.sum))\n"
        return text + "\(name)_count\(braced(labels)) \(state.count)\n"
    }

    private static func braced(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0.0)=\"\(MetricName.escaped($0.1))\"" }.joined(separator: ",") + "}"
    }

    private static func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return value.isNaN ? "NaN" : value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : String(value)
    }
}
