public import Hummingbird
public import Messaging
public import ServiceLifecycle

/// What a service consists of, apart from what all services have.
public struct ServiceParts: Sendable {
    /// Adds the service's routes.
    public var routes: @Sendable (Router<HosoRequestContext>) -> Void
    /// What it reads of the other services.
    public var consumers: [ConsumerDefinition]
    /// Work that runs as long as the process does; it starts once the schema stands.
    public var background: [any Service]
    /// Writes the state topics again.
    public var publishers: [StatePublisher]
    /// What must stand beside the common checks.
    public var checks: [HealthCheck]

    /// Lists the parts.
    public init(
        routes: @escaping @Sendable (Router<HosoRequestContext>) -> Void = { _ in },
        consumers: [ConsumerDefinition] = [], background: [any Service] = [], publishers: [StatePublisher] = [],
        checks: [HealthCheck] = []
    ) {
        self.routes = routes
        self.consumers = consumers
        self.background = background
        self.publishers = publishers
        self.checks = checks
    }
}
