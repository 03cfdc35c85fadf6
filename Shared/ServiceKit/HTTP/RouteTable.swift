import HTTPTypes
import Hummingbird
import Synchronization

/// Knows every route, to tell an unknown address from a known one with another method.
final class RouteTable: Sendable {
    private struct Route {
        var parts: [Substring]
        var method: HTTPRequest.Method
    }

    private let routes = Mutex<[Route]>([])

    func fill(from router: Router<HosoRequestContext>) {
        let all = router.routes.map {
            Route(parts: Self.parts(of: "\($0.path)"), method: $0.method)
        }
        routes.withLock { $0 = all }
    }

    /// The methods that an address takes; empty when the address is unknown.
    func methods(of path: String) -> [HTTPRequest.Method] {
        let parts = Self.parts(of: path)
        let found = routes.withLock { $0.filter { Self.matches($0.parts, parts) }.map(\.method) }
        return Set(found).sorted { $0.rawValue < $1.rawValue }
    }

    private static func parts(of path: String) -> [Substring] {
        path.split(separator: "/").map { Substring(String($0)) }
    }

    private static func matches(_ pattern: [Substring], _ path: [Substring]) -> Bool {
        if let rest = pattern.firstIndex(of: "**") {
            return path.count >= rest && zip(pattern[..<rest], path).allSatisfy(matches)
        }
        return pattern.count == path.count && zip(pattern, path).allSatisfy(matches)
    }

    private static func matches(_ pattern: Substring, _ part: Substring) -> Bool {
        pattern == part || pattern.hasPrefix(":") || pattern.contains("{") || pattern.contains("*")
    }
}
