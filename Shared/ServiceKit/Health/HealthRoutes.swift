import HTTPTypes
import Hummingbird

/// `GET /health/live` and `GET /health/ready`.
enum HealthRoutes {
    static func add(to router: Router<HosoRequestContext>, health: Health) {
        // Alive means: this process can answer at all. It must not ask anything that can be away.
        router.get("/health/live") { _, _ in try Reply.json(.ok, ["status": "alive"], headers: uncached) }
        router.get("/health/ready") { _, _ in
            let report = await health.report()
            return try Reply.json(report.status == .notReady ? .serviceUnavailable : .ok, report, headers: uncached)
        }
    }

    private static let uncached: HTTPFields = [.cacheControl: "no-store"]
}
