public import Contracts

/// The settings that every service has.
public enum CommonSettings {
    /// The settings of one service: the common ones, then its own.
    public static func all(for service: ServiceName, own: [Setting]) -> [Setting] {
        process + http(service) + database + broker + identity + storage + own
    }

    /// The port on which a service listens unless told otherwise.
    public static func defaultPort(of service: ServiceName) -> Int {
        switch service {
        case .console: 8100
        case .intake: 8101
        case .routing: 8102
        case .dues: 8103
        case .signing: 8104
        case .notification: 8105
        case .directory: 8106
        }
    }

    static let process: [Setting] = [
        Setting(
            "mode", default: "production", allowed: ["production", "development"],
            help: "How strict the process is; production refuses stand-ins."),
        Setting(
            "log.level", default: "info",
            allowed: ["trace", "debug", "info", "notice", "warning", "error", "critical"],
            help: "The lowest level that is written."),
        Setting("log.format", default: "json", allowed: ["json", "human"], help: "JSON lines, or text for people."),
        Setting("log.requests", .bool, default: "true", help: "Whether each answered request is written to the log."),
        Setting("shutdown.grace", .duration, default: "8s", help: "How long work may drain after SIGTERM."),
    ]

    static func http(_ service: ServiceName) -> [Setting] {
        [
            Setting("http.host", default: "127.0.0.1", help: "The address to listen on."),
            Setting(
                "http.port", .int, default: String(defaultPort(of: service)), range: 0...65_535,
                help: "The port to listen on; 0 takes a free one."),
            Setting(
                "http.maximumBodyBytes", .int, default: "1048576", range: 1_024...104_857_600,
                help: "The largest request body that is read; a larger one is answered 413."),
            Setting(
                "http.maximumInFlight", .int, default: "512", range: 1...100_000,
                help: "The requests worked on at once; more are answered 503."),
            Setting(
                "http.maximumConnections", .int, default: "4096", range: 1...1_000_000,
                help: "The connections open at once; more wait in the system's own queue."),
            Setting("http.idleTimeout", .duration, default: "60s", help: "How long an idle connection stays open."),
        ]
    }

    static let database: [Setting] = [
        Setting(
            "database.url", .url, isSecret: true, isRequired: true, sharedEnvironmentName: "DATABASE_URL",
            help: "The service's own role and schema: postgresql://role@host/database?options=…"),
        Setting("database.poolSize", .int, default: "8", range: 1...200, help: "The most connections at once."),
        Setting("database.acquireTimeout", .duration, default: "5s", help: "How long to wait for a free connection."),
        Setting("database.statementTimeout", .duration, default: "30s", help: "The longest a statement may run."),
        Setting("database.lockTimeout", .duration, default: "5s", help: "The longest a statement waits for a lock."),
    ]

    static let broker: [Setting] = [
        Setting(
            "kafka.bootstrapServers", .string, isRequired: true, sharedEnvironmentName: "KAFKA_BOOTSTRAP_SERVERS",
            help: "Host and port of brokers, separated by commas."),
        Setting(
            "kafka.properties", .list, isSecret: true,
            help: "Further librdkafka properties, name=value; hidden, as some of them are secrets."),
        Setting(
            "kafka.namespace",
            help: "Put before the name of every topic and group, where suites share a cluster; for example `staging.`."),
        Setting("kafka.password", isSecret: true, help: "The SASL password of the service's own user."),
        Setting(
            "kafka.replicationFactor", .int, default: "-1", range: -1...9,
            help: "Copies of each topic that migrate creates; -1 takes the broker's own default."),
        Setting(
            "projection.maxAge", .duration, default: "60s",
            help: "Copies of other services' state that are older refuse decisions by officers."),
        Setting(
            "outbox.degradedRows", .int, default: "1000000", range: 1...1_000_000_000,
            help: "Unpublished events above which the service is not ready."),
        Setting(
            "outbox.degradedAge", .duration, default: "1h",
            help: "Age of the oldest unpublished event above which the service is not ready."),
    ]

    static let identity: [Setting] = [
        Setting("identity.issuer", isRequired: true, help: "The identity provider whose tokens are accepted."),
        Setting("identity.audience", default: "hoso", help: "The audience that a token must name."),
        Setting(
            "identity.keys", isRequired: true, help: "The provider's public keys (JWKS): an https URL or a file path."),
        Setting("identity.refresh", .duration, default: "10m", help: "How often the keys are fetched again."),
        Setting("identity.leeway", .duration, default: "30s", help: "How far the provider's clock may differ."),
    ]

    static let storage: [Setting] = [
        Setting("idempotency.retention", .duration, default: "7d", help: "How long answers are kept for a repeat."),
        Setting("audit.sealInterval", .duration, default: "10s", help: "How often audit rows are chained."),
        Setting("audit.sealBatch", .int, default: "1000", range: 1...100_000, help: "The most audit rows in one seal."),
    ]
}
