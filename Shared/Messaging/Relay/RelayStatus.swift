import Metrics
import Synchronization

/// What a relay says of itself, for readiness and metrics.
final class RelayStatus: Sendable {
    private let state = Mutex((isLeading: false, error: String?.none))
    private let sentRows: Counter
    private let blockedKeys: Counter
    private let leading: Gauge

    init(shard: Int16) {
        let dimensions = [("shard", String(shard))]
        sentRows = Counter(label: "hoso_relay_events_sent_total", dimensions: dimensions)
        blockedKeys = Counter(label: "hoso_relay_keys_blocked_total", dimensions: dimensions)
        leading = Gauge(label: "hoso_relay_leading", dimensions: dimensions)
    }

    var isLeading: Bool { state.withLock { $0.isLeading } }

    func leads() {
        state.withLock { $0 = (true, nil) }
        leading.record(1)
    }

    func follows() {
        state.withLock { $0 = (false, nil) }
        leading.record(0)
    }

    func lostLead(because error: String) {
        state.withLock { $0 = (false, error) }
        leading.record(0)
    }

    func sent(_ rows: Int) { if rows > 0 { sentRows.increment(by: rows) } }

    func blocked() { blockedKeys.increment() }
}
