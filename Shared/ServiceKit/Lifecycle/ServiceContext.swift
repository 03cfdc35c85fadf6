public import Contracts
public import Logging
public import Messaging
public import Postgres

/// What a service runs with: settings, storage, time, ids, identity, audit.
public struct ServiceContext: Sendable {
    /// Which service this is.
    public let service: ServiceName
    /// The effective configuration.
    public let settings: Settings
    /// The connections to the service's own schema.
    public let pool: PostgresPool
    /// Where events are appended, in the transaction that changes the state.
    public let outbox: Outbox
    /// The clock.
    public let time: any TimeSource
    /// The source of new ids.
    public let ids: any IDSource
    /// The service's log.
    public let logger: Logger
    /// Where who did what is written, in the transaction that does it.
    public let audit: AuditLog
    /// Answers for repeated requests.
    public let idempotency: Idempotency
    /// Checks bearer tokens.
    public let identity: TokenVerifier
    /// Whether the work can be done.
    public let health: Health
    /// How old the copies of other services' state are.
    public let projectionAges: ProjectionAges

    /// Puts a context together; programs get theirs from `serve`, tests from the test kit.
    public init(
        service: ServiceName, settings: Settings, pool: PostgresPool, outbox: Outbox, time: any TimeSource,
        ids: any IDSource, logger: Logger, identity: TokenVerifier, health: Health,
        projectionAges: ProjectionAges = ProjectionAges()
    ) {
        self.service = service
        self.settings = settings
        self.pool = pool
        self.outbox = outbox
        self.time = time
        self.ids = ids
        self.logger = logger
        self.identity = identity
        self.health = health
        self.projectionAges = projectionAges
        audit = AuditLog(time: time, ids: ids)
        idempotency = Idempotency(pool: pool, time: time)
    }

    /// What events of the running request or job are written with: the moment and the trace of the task.
    public func eventContext() -> EventContext {
        EventContext(now: time.now, traceparent: CurrentTrace.context?.description, ids: ids)
    }
}
