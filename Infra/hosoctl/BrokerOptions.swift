import ArgumentParser
import Foundation
import Kafka

/// How a command reaches Kafka.
struct BrokerOptions: ParsableArguments {
    @Option(help: "The brokers; KAFKA_BOOTSTRAP_SERVERS names them too.") var brokers: String?
    @Option(help: "What stands before the topics' names at the broker; HOSO_KAFKA_NAMESPACE names it too.")
    var namespace: String?
    @Option(
        name: .customLong("kafka-property"),
        help: "A property of librdkafka, name=value, for example security.protocol=SASL_SSL; may be given again.")
    var properties: [String] = []

    /// Nil when no brokers are named.
    func configuration() throws -> KafkaConfiguration? {
        let environment = ProcessInfo.processInfo.environment
        guard let brokers = brokers ?? environment["KAFKA_BOOTSTRAP_SERVERS"], !brokers.isEmpty else { return nil }
        var values: [String: String] = [:]
        for property in properties {
            guard let equals = property.firstIndex(of: "="), equals != property.startIndex else {
                throw ValidationError("--kafka-property \(property): give name=value")
            }
            values[String(property[..<equals])] = String(property[property.index(after: equals)...])
        }
        return KafkaConfiguration(
            bootstrapServers: brokers, clientID: "hosoctl", properties: values,
            namespace: namespace ?? environment["HOSO_KAFKA_NAMESPACE"] ?? "")
    }
}
