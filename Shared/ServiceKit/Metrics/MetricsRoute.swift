import HTTPTypes
import Hummingbird

/// `GET /metrics`: the process's metrics for Prometheus.
enum MetricsRoute {
    static func add(to router: Router<HosoRequestContext>, registry: MetricsRegistry = .shared) {
        router.get("/metrics") { _, _ in
            Reply(.ok, headers: [.contentType: MetricsRegistry.contentType], body: Array(registry.text().utf8))
        }
    }
}
