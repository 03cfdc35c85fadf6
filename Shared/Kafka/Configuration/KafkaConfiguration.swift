/// How to reach a Kafka cluster, and how to be called there.
public struct KafkaConfiguration: Sendable {
    /// Where to start from: `host:port`, separated by commas.
    public var bootstrapServers: String
    /// The name in the broker's logs and metrics.
    public var clientID: String
    /// Any property of librdkafka (security, time-outs, statistics). Unknown ones are refused by name, and so are
    /// those that would break a guarantee of this module.
    public var properties: [String: String]
    /// Put before the name of every topic and group at the broker, so that several suites can share one cluster; for
    /// example `staging.`. Callers of this module use and see the names without it.
    public var namespace: String

    public init(
        bootstrapServers: String, clientID: String, properties: [String: String] = [:], namespace: String = ""
    ) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.properties = properties
        self.namespace = namespace
    }
}

extension KafkaConfiguration {
    var names: Namespace { Namespace(prefix: namespace) }
}
