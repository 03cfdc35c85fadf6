import Contracts
import Kafka
import Logging
import TestStack
import Testing

@testable import Messaging

extension EndToEndTests {
    @Test("what was on its way when a broker was lost does not come before what it follows in the new one")
    func orderInEmptiedBroker() async throws {
        FaultRecord.note("K12", "the broker replaced by an empty one with records on their way")
        let port = try freePort()
        var cluster: MockCluster? = try MockCluster(brokers: 1, firstPort: port)
        func createTopics() throws {
            for (name, partitions) in Self.topics { try cluster?.createTopic(name, partitions: partitions) }
        }
        try createTopics()
        let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:\(port)", clientID: "test")
        let intake = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, configuration)
        let dossier = make.dossier()
        let running = Task { try await writer.runtime.run() }
        defer { running.cancel() }
        try await withdraw((1...6).map(String.init), dossier, intake, writer.outbox)
        try await eventually("all sent") {
            try await writer.runtime.outboxStanding().unsent == 0
        }
        let before = writer.runtime.standing.clusterID
        cluster = nil
        try await withdraw(["7", "8"], dossier, intake, writer.outbox, firstVersion: 7)
        let placeholders = try await clusters(until: before, logger: intake.logger)
        cluster = try MockCluster(brokers: 1, firstPort: port)
        try createTopics()
        let admin = try KafkaAdmin(configuration, logger: intake.logger)
        var log: [String] = []
        try await eventually("the new broker has all of it") {
            log = try await sequences(in: TopicCatalogue.dossiers, admin)
            return Set(log).count == 8
        }
        #expect(log == (1...8).map(String.init))
        await admin.close()
        running.cancel()
        _ = await running.result
        withExtendedLifetime((cluster, placeholders)) {}
    }

    @Test("a broker that comes back empty is filled again from the outbox, and the inbox absorbs the repeats")
    func emptiedBroker() async throws {
        FaultRecord.note("K12", "the broker replaced by an empty one: refilled from the outbox")
        let port = try freePort()
        var cluster: MockCluster? = try MockCluster(brokers: 1, firstPort: port)
        for (name, partitions) in Self.topics { try cluster?.createTopic(name, partitions: partitions) }
        let configuration = KafkaConfiguration(bootstrapServers: "127.0.0.1:\(port)", clientID: "test")
        let intake = try await MessagingDatabase.make()
        let routing = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, configuration)
        let reader = try runtime(.routing, routing, configuration, [MessagingDatabase.writingDown()])
        let dossier = make.dossier()
        let tasks = [writer.runtime, reader.runtime].map { runtime in Task { try await runtime.run() } }
        defer { for task in tasks { task.cancel() } }
        try await withdraw(["1", "2"], dossier, intake, writer.outbox)
        try await eventually("both arrive") { try await routing.effects() == ["1", "2"] }
        let before = writer.runtime.standing.clusterID
        cluster = nil
        let placeholders = try await clusters(until: before, logger: intake.logger)
        cluster = try MockCluster(brokers: 1, firstPort: port)
        for (name, partitions) in Self.topics { try cluster?.createTopic(name, partitions: partitions) }
        try await withdraw(["3"], dossier, intake, writer.outbox, firstVersion: 3)
        try await eventually("the third arrives, the others not again") {
            try await routing.effects() == ["1", "2", "3"]
        }
        #expect(writer.runtime.standing.clusterID != before)
        let admin = try KafkaAdmin(configuration, logger: intake.logger)
        var again: Int64 = 0
        for partition in 0..<Int32(TopicCatalogue.dossiers.partitions) {
            let place = TopicPartition(topic: TopicCatalogue.dossiers.name, partition: partition)
            again += try await admin.watermarks(place).high
        }
        #expect(again >= 3, "the new broker holds everything again")
        await admin.close()
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        withExtendedLifetime((cluster, placeholders)) {}
    }

    /// The embedded cluster's id is made of its place in memory, so one made right after another was freed may bear the
    /// same. Clusters are made until one has taken that place.
    private func clusters(until id: String?, logger: Logger) async throws -> [MockCluster] {
        var made: [MockCluster] = []
        var found: String?
        while found != id, made.count < 16 {
            let cluster = try MockCluster()
            let admin = try KafkaAdmin(kafka(cluster), logger: logger)
            found = try await admin.clusterID(timeout: .seconds(5))
            await admin.close()
            made.append(cluster)
        }
        return made
    }
}
