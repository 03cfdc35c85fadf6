import Contracts
import Kafka
import Logging
import Messaging

/// Creates the topics that a service owns, as the catalogue describes them.
enum Topics {
    static func create(for service: ServiceName, settings: Settings, logger: Logger) async throws -> [String] {
        let admin = try KafkaAdmin(try Connections.kafka(settings, service: service), logger: logger)
        let factor = try settings.int("kafka.replicationFactor")
        do {
            let created = try await TopicProvisioner(admin: admin).create(ownedBy: service, replicationFactor: factor)
            await admin.close()
            return created
        } catch {
            await admin.close()
            throw error
        }
    }
}
