import HTTPTypes
import Hummingbird
import Synchronization

/// Lets in as many requests as the service works on at once and refuses the others at once, so that those inside are
/// answered in time.
struct AdmissionMiddleware: RouterMiddleware {
    let limit: Int
    let health: Health
    let metrics: RequestMetrics
    private let inside = InFlight()

    init(limit: Int, health: Health, metrics: RequestMetrics) {
        self.limit = limit
        self.health = health
        self.metrics = metrics
    }

    func handle(
        _ request: Request, context: HosoRequestContext,
        next: (Request, HosoRequestContext) async throws -> Response
    ) async throws -> Response {
        let route = context.endpointPath ?? ""
        // Whoever watches the service must see it, most of all when it is busy.
        if route.hasPrefix("/health") || route == "/metrics" { return try await next(request, context) }
        guard health.schemaIsUsable else { throw Problem.unavailable }
        guard inside.enter(limit: limit) else {
            metrics.refusedOne()
            throw Refused()
        }
        defer { inside.leave() }
        return try await next(request, context)
    }
}

/// A request that was not let in; answered as ``Problem/overloaded``.
struct Refused: Error {}

/// How many are inside.
final class InFlight: Sendable {
    private let count = Atomic<Int>(0)

    func enter(limit: Int) -> Bool {
        let before = count.wrappingAdd(1, ordering: .relaxed).oldValue
        if before < limit { return true }
        leave()
        return false
    }

    func leave() { count.wrappingSubtract(1, ordering: .relaxed) }
}
