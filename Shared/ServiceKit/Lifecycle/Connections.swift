import Contracts
import Kafka
import Postgres

/// Turns settings into the configurations of the connections.
enum Connections {
    static func postgres(
        _ settings: Settings, service: ServiceName
    ) throws(ConfigurationFault) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            url: try settings.string("database.url"), applicationName: "hoso-\(service.rawValue)",
            size: try settings.int("database.poolSize"),
            acquireTimeout: try settings.duration("database.acquireTimeout"))
        configuration.statementTimeout = try settings.duration("database.statementTimeout")
        configuration.lockTimeout = try settings.duration("database.lockTimeout")
        return configuration
    }

    static func kafka(_ settings: Settings, service: ServiceName) throws(ConfigurationFault) -> KafkaConfiguration {
        var properties: [String: String] = [:]
        for entry in try settings.list("kafka.properties") {
            guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else {
                throw ConfigurationFault(
                    entries: [.init(key: "kafka.properties", fault: "must be a list of name=value")])
            }
            properties[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
        }
        if let password = try settings.stringIfSet("kafka.password") { properties["sasl.password"] = password }
        return KafkaConfiguration(
            bootstrapServers: try settings.string("kafka.bootstrapServers"), clientID: "hoso-\(service.rawValue)",
            properties: properties, namespace: try settings.stringIfSet("kafka.namespace") ?? "")
    }
}
