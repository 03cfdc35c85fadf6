public import Hummingbird
import Logging
public import Messaging

/// Builds the router that every service answers with: its own routes behind the common middleware, beside health and
/// metrics.
public enum ServiceRouter {
    /// - Parameters:
    ///   - kit: what the service runs with.
    ///   - messaging: the running relay and consumers, where there are any.
    ///   - routes: adds the service's own routes.
    public static func build(
        _ kit: ServiceContext, messaging: MessagingRuntime? = nil, routes: (Router<HosoRequestContext>) -> Void
    ) throws -> RouterResponder<HosoRequestContext> {
        let router = Router(context: HosoRequestContext.self, options: .autoGenerateHeadEndpoints)
        let table = RouteTable()
        let metrics = RequestMetrics()
        router.add(middleware: TraceMiddleware(maximumBodyBytes: try kit.settings.int("http.maximumBodyBytes")))
        router.add(
            middleware: RecordMiddleware(
                routes: table, metrics: metrics, logsRequests: try kit.settings.bool("log.requests"),
                logger: kit.logger))
        router.add(
            middleware: AdmissionMiddleware(
                limit: try kit.settings.int("http.maximumInFlight"), health: kit.health, metrics: metrics))
        router.add(middleware: IdentityMiddleware(verifier: kit.identity))
        HealthRoutes.add(to: router, health: kit.health)
        MetricsRoute.add(to: router)
        AdminRoutes.add(to: router, kit: kit, messaging: messaging)
        routes(router)
        table.fill(from: router)
        return router.buildResponder()
    }
}
