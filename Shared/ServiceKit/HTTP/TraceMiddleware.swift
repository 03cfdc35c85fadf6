import Contracts
import HTTPTypes
import Hummingbird

/// Continues the caller's trace, or starts one, and makes it the trace of the task.
struct TraceMiddleware: RouterMiddleware {
    let maximumBodyBytes: Int

    func handle(
        _ request: Request, context: HosoRequestContext,
        next: (Request, HosoRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.maxUploadSize = maximumBodyBytes
        if let header = request.headers[Self.traceparent], let caller = TraceContext(header) {
            var generator = SystemRandomNumberGenerator()
            context.trace = caller.child(using: &generator)
        }
        let traced = context
        var response = try await CurrentTrace.$context.withValue(traced.trace) { try await next(request, traced) }
        response.headers[Self.traceparent] = traced.trace.description
        return response
    }

    private static let traceparent = HTTPField.Name.traceparent
}
