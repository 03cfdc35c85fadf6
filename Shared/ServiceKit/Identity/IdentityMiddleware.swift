import HTTPTypes
import Hummingbird

/// Checks the bearer token of a request, when it has one.
struct IdentityMiddleware: RouterMiddleware {
    let verifier: TokenVerifier

    func handle(
        _ request: Request, context: HosoRequestContext,
        next: (Request, HosoRequestContext) async throws -> Response
    ) async throws -> Response {
        guard let header = request.headers[.authorization] else { return try await next(request, context) }
        var context = context
        context.identity = await identity(header)
        return try await next(request, context)
    }

    /// A token that is refused is no reason to refuse a route that needs none: the route asks.
    private func identity(_ header: String) async -> Identity {
        guard let token = Self.bearerToken(header) else { return .refused(.tokenInvalid) }
        do {
            return .caller(try await verifier.verify(token))
        } catch {
            return .refused(error)
        }
    }

    static func bearerToken(_ header: String) -> String? {
        guard header.utf8.count <= 8_192, header.lowercased().hasPrefix("bearer ") else { return nil }
        let token = header.dropFirst(7).trimmingPrefix(while: { $0 == " " })
        return token.isEmpty ? nil : String(token)
    }
}
