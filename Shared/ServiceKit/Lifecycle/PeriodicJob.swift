public import Logging
public import ServiceLifecycle

/// Background work at intervals, until the service ends. What it throws is logged, and it is tried again.
public struct PeriodicJob: Service, CustomStringConvertible {
    private let name: String
    private let interval: Duration
    private let logger: Logger
    private let work: @Sendable () async throws -> Void

    /// - Parameter name: for the log.
    public init(
        name: String, interval: Duration, logger: Logger, work: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.interval = interval
        self.logger = logger
        self.work = work
    }

    public var description: String { name }

    public func run() async throws { await repeatUntilShutdown(every: interval, logger: logger, name: name, work) }
}
