import CRdKafka
public import Logging

/// Asks a cluster about its topics and groups, and creates topics.
///
/// Each call runs on a thread of its own for as long as it blocks. What a broker cannot do is `.unsupported`.
public final class KafkaAdmin: Sendable {
    let handle: ClientHandle
    let configuration: KafkaConfiguration
    let logger: Logger

    var names: Namespace { configuration.names }

    public init(_ configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
        self.configuration = configuration
        self.logger = logger.with(LogKey.client, configuration.clientID)
        let metrics = ClientMetrics(.admin, clientID: configuration.clientID)
        let context = CallbackContext(events: NoEvents(), logger: self.logger, metrics: metrics)
        var properties = try ClientProperties(configuration)
        // Nobody polls between calls, so nothing may pile up.
        properties.require("statistics.interval.ms", 0)
        handle = try ClientHandle(RD_KAFKA_PRODUCER, properties, context, clientID: configuration.clientID)
    }

    /// Ends the client; without it, that happens some time after the last reference goes.
    ///
    /// Whoever ends the process afterwards closes first: a thread of librdkafka that ends together with the process
    /// frees what OpenSSL's own end walks over.
    public func close() async {
        let handle = handle
        do throws(KafkaError) {
            try await OwnThread.call("kafka-admin") { () throws(KafkaError) in handle.destroy() }
        } catch {
            logger.warning("the admin client is left to its deinit", metadata: [LogKey.error: "\(error)"])
        }
    }

    /// The id of the cluster that answers now.
    public func clusterID(timeout: Duration = .seconds(5)) async throws(KafkaError) -> String {
        try await handle.clusterID(timeout: timeout)
    }

    /// Runs a blocking call with the client.
    func call<R: Sendable>(
        _ body: @escaping @Sendable (OpaquePointer) throws(KafkaError) -> R
    ) async throws(KafkaError) -> R {
        let handle = handle
        return try await OwnThread.call("kafka-admin") { () throws(KafkaError) in
            try handle.borrow { client throws(KafkaError) in
                rd_kafka_poll(client, 0)
                return try body(client)
            }
        }
    }
}

/// For clients whose events nobody waits for.
struct NoEvents: ClientEvents {}
