import HTTPTypes
import Hummingbird
import Logging

/// Turns every error into a problem, counts and times every answer by route, and logs it.
struct RecordMiddleware: RouterMiddleware {
    let routes: RouteTable
    let metrics: RequestMetrics
    let logsRequests: Bool
    let logger: Logger
    private let refusals = Tally()

    init(routes: RouteTable, metrics: RequestMetrics, logsRequests: Bool, logger: Logger) {
        self.routes = routes
        self.metrics = metrics
        self.logsRequests = logsRequests
        self.logger = logger
    }

    func handle(
        _ request: Request, context: HosoRequestContext,
        next: (Request, HosoRequestContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        metrics.started()
        defer { metrics.finished() }
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            if error is Refused { return try refusal(request, context, since: start) }
            let problem = problem(of: error, request, context)
            if problem.status.code >= 500 { log(error, problem, request, context) }
            response = try problem.response(from: request, context: context)
            if request.method == .head { response = response.createHeadResponse() }
        }
        let route = context.endpointPath ?? "unknown"
        let duration = start.duration(to: .now)
        metrics.record(method: request.method, route: route, status: response.status, duration: duration)
        if logsRequests { log(request, route, response.status, duration) }
        return response
    }

    /// A refusal costs as little as it can, for it is given when there is least to spare: it is counted, and the log says
    /// how many there were, once a second while they last.
    private func refusal(
        _ request: Request, _ context: HosoRequestContext, since start: ContinuousClock.Instant
    ) throws -> Response {
        metrics.record(
            method: request.method, route: context.endpointPath ?? "unknown", status: Problem.overloaded.status,
            duration: start.duration(to: .now))
        if refusals.count() {
            Task { [refusals, logger] in
                while true {
                    try? await Task.sleep(for: .seconds(1))
                    guard let count = refusals.take() else { return }
                    logger.warning(
                        "more requests than are worked on at once: some were refused",
                        metadata: ["refused": "\(count)"])
                }
            }
        }
        let response = try Problem.overloaded.response(from: request, context: context)
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// A known address with another method is told from an unknown address.
    private func problem(of error: any Error, _ request: Request, _ context: HosoRequestContext) -> Problem {
        let problem = Problem(describing: error)
        guard problem == .notFound, context.endpointPath == "NotFound" else { return problem }
        let methods = routes.methods(of: request.uri.path)
        guard !methods.isEmpty else { return problem }
        var other = Problem.methodNotAllowed
        other.headers[.allow] = methods.map(\.rawValue).joined(separator: ", ")
        return other
    }

    private func log(_ error: any Error, _ problem: Problem, _ request: Request, _ context: HosoRequestContext) {
        let level: Logger.Level = problem == .internalError ? .error : .warning
        logger.log(
            level: level, "request failed",
            metadata: [
                "problem": "\(problem.id)", "error": "\(error)", "error.type": "\(type(of: error))",
                "method": "\(request.method)", "route": "\(context.endpointPath ?? "unknown")",
            ])
    }

    private func log(_ request: Request, _ route: String, _ status: HTTPResponse.Status, _ duration: Duration) {
        // Probes and scrapes come every few seconds and say nothing.
        guard !route.hasPrefix("/health"), route != "/metrics" else { return }
        let milliseconds = Double(duration.components.attoseconds / 1_000_000_000_000) / 1000
        logger.info(
            "answered",
            metadata: [
                "method": "\(request.method)", "route": "\(route)", "status": "\(status.code)",
                "milliseconds": "\(Double(duration.components.seconds) * 1000 + milliseconds)",
            ])
    }
}
