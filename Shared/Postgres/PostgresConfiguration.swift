/// How to reach a database and how to behave on it.
///
/// What the URL says itself (`postgresql://host/db?application_name=...`) wins over what stands here.
public struct PostgresConfiguration: Sendable {
    /// How a dead peer is noticed on an idle or a silent link.
    public struct Keepalives: Sendable {
        /// Silence before the first probe.
        public var idle: Duration
        /// Time between probes.
        public var interval: Duration
        /// Unanswered probes until the connection is given up.
        public var count: Int
        /// How long sent bytes may stay unacknowledged (`tcp_user_timeout`).
        public var userTimeout: Duration

        public init(
            idle: Duration = .seconds(10), interval: Duration = .seconds(5), count: Int = 3,
            userTimeout: Duration = .seconds(15)
        ) {
            self.idle = idle
            self.interval = interval
            self.count = count
            self.userTimeout = userTimeout
        }
    }

    /// A URL or a `key=value` string as libpq reads it. It holds the password: never log it.
    public var url: String
    /// The name under which the server shows the connections.
    public var applicationName: String
    /// The most connections a pool opens.
    public var size: Int
    /// How long a caller waits for a connection.
    public var acquireTimeout: Duration
    /// How long opening one connection may take; libpq counts whole seconds and at least two.
    public var connectTimeout: Duration = .seconds(5)
    /// The longest time for a statement; nil for none.
    public var statementTimeout: Duration? = .seconds(30)
    /// The longest wait for a lock; nil for none.
    public var lockTimeout: Duration?
    /// How long a transaction may sit idle before the server ends it; nil for none.
    public var idleInTransactionTimeout: Duration? = .seconds(30)
    /// The schemas where names are looked up; nil leaves it to the role.
    public var searchPath: String?
    public var keepalives = Keepalives()
    /// How much longer than `statementTimeout` an answer may fail to come until the connection is given up. It is the
    /// only guard against a server that is frozen while its kernel still acknowledges. A cancellation waits as long,
    /// but at most five seconds.
    public var answerGrace: Duration = .seconds(10)
    /// How long a connection may stay unused in the pool.
    public var idleTimeout: Duration = .seconds(60)
    /// How old a connection of the pool may grow; nil for any age.
    public var maximumLifetime: Duration? = .seconds(3600)
    /// The most callers that may wait for a connection at once.
    public var maximumWaiters = 1000
    /// The prepared statements kept on each connection.
    public var statementCacheSize = 256

    public init(
        url: String, applicationName: String = "hoso", size: Int = 8, acquireTimeout: Duration = .seconds(5)
    ) {
        self.url = url
        self.applicationName = applicationName
        self.size = size
        self.acquireTimeout = acquireTimeout
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a positive time never becomes none.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }

    var wholeSeconds: Int64 { (milliseconds + 999) / 1000 }
}
