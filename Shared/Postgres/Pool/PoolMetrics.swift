import Metrics

/// The figures of one pool.
struct PoolMetrics: Sendable {
    private let connections: Gauge
    private let idle: Gauge
    private let waiting: Gauge
    private let refusals: Counter
    private let losses: Counter
    private let failures: Counter

    init(pool: String) {
        let labels = [("pool", pool)]
        connections = Gauge(label: "postgres_pool_connections", dimensions: labels)
        idle = Gauge(label: "postgres_pool_idle", dimensions: labels)
        waiting = Gauge(label: "postgres_pool_waiting", dimensions: labels)
        refusals = Counter(label: "postgres_pool_refusals_total", dimensions: labels)
        losses = Counter(label: "postgres_connections_lost_total", dimensions: labels)
        failures = Counter(label: "postgres_connect_failures_total", dimensions: labels)
    }

    func record(total: Int, idle idleCount: Int, waiting waitingCount: Int) {
        connections.record(total)
        idle.record(idleCount)
        waiting.record(waitingCount)
    }

    func refused() { refusals.increment() }
    func lost() { losses.increment() }
    func failedToConnect() { failures.increment() }
}
