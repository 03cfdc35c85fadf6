import HTTPTypes
import Metrics
import Synchronization

/// Counts and times requests by route template, never by the address itself.
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        var method: String
        var route: String
        var status: Int
    }

    private let timers = Mutex<[Key: Metrics.Timer]>([:])
    private let inFlight = Meter(label: "http.server.requests.in_flight")
    private let refused = Counter(label: "http.server.requests.refused")

    init(registry: MetricsRegistry = .shared) {
        registry.describe("http.server.request.duration", "Time from request head to answer, by route.")
        registry.describe("http.server.requests.in_flight", "Requests being worked on.")
        registry.describe("http.server.requests.refused", "Requests refused because too many were being worked on.")
    }

    func started() { inFlight.increment() }
    func finished() { inFlight.decrement() }
    func refusedOne() { refused.increment() }

    func record(method: HTTPRequest.Method, route: String, status: HTTPResponse.Status, duration: Duration) {
        // A method is whatever text the caller sends.
        let known = Self.methods.contains(method) ? method.rawValue : "other"
        let key = Key(method: known, route: route, status: status.code)
        let timer = timers.withLock { timers in
            if let timer = timers[key] { return timer }
            let timer = Metrics.Timer(
                label: "http.server.request.duration",
                dimensions: [("method", known), ("route", route), ("status", String(status.code))])
            timers[key] = timer
            return timer
        }
        let (seconds, attoseconds) = duration.components
        timer.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
}
