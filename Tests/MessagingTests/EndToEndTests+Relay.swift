import Contracts
import Kafka
import Logging
import Postgres
import TestStack
import Testing

@testable import Messaging

extension EndToEndTests {
    @Test("of two relays one leads; when it ends the other takes over")
    func leadership() async throws {
        FaultRecord.note("C8", "two relays of one service, the leading one ended")
        let cluster = try MockCluster.start(topics: Self.topics)
        let intake = try await MessagingDatabase.make()
        let first = try runtime(.intake, intake, kafka(cluster))
        let second = try runtime(.intake, intake, kafka(cluster))
        let leader = Task { try await second.runtime.run() }
        defer { leader.cancel() }
        try await eventually("the second leads while alone") { second.runtime.standing.isRelayLeading }
        try await running([first.runtime]) {
            try await withdraw(["1"], make.dossier(), intake, first.outbox)
            try await eventually("sent by the leader") {
                try await second.runtime.outboxStanding().unsent == 0
            }
            #expect(!first.runtime.standing.isRelayLeading)
            leader.cancel()
            _ = await leader.result
            try await eventually("the first leads now") { first.runtime.standing.isRelayLeading }
        }
    }

    @Test("state that an interrupted relay may have written late is the last in its topic again")
    func lateState() async throws {
        FaultRecord.note("K4", "a relay interrupted while its records may have been written")
        let members = TopicCatalogue.members
        let own = TopicCatalogue.owned(by: .directory)
        let cluster = try MockCluster.start(
            topics: Dictionary(uniqueKeysWithValues: own.map { ($0.name, $0.partitions) }))
        let directory = try await MessagingDatabase.make()
        let writer = try runtime(.directory, directory, kafka(cluster))
        let key = make.dossier().value
        /// The state of an aggregate, as nothing but the relay looks at it.
        @Sendable func write(_ version: Int64) async throws {
            try await directory.pool.execute(
                """
                INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
                VALUES (0, \(members.name), \(key), \(version), false, \(make.ids.next(at: make.now)), 'test', now(), '{}')
                """)
        }
        let admin = try KafkaAdmin(kafka(cluster), logger: directory.logger)
        try await running([writer.runtime]) {
            try await write(1)
            try await eventually("sent") {
                try await sequences(in: members, admin) == ["1"]
            }
            // The answer of the broker is slow; meanwhile the server ends the leader's session.
            try cluster.setRoundTrip(3_000)
            try await write(2)
            try await eventually("on its way") {
                try await directory.count(
                    """
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name LIKE '%.relay'
                      AND query = 'SELECT 1' AND state = 'idle'
                    """) > 0
            }
            try await eventually("noted") {
                try await directory.count("SELECT count(*) FROM relay_again") == 1
            }
            try cluster.setRoundTrip(0)
            try await eventually("said again, and settled") {
                try await directory.count("SELECT count(*) FROM relay_again") == 0
            }
            #expect(try await sequences(in: members, admin).last == "2")
        }
        await admin.close()
    }

    @Test("a large window is sent page by page without a gap")
    func pages() async throws {
        let cluster = try MockCluster.start(topics: Self.topics)
        let intake = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, kafka(cluster))
        let count = 5_000
        try await intake.pool.transaction { transaction in
            for start in stride(from: 0, to: count, by: 500) {
                let events = try (start..<start + 500).map { _ in
                    let dossier = make.dossier()
                    return try writer.outbox.entry(
                        of: make.withdrawal(of: dossier), key: dossier.value, version: 1,
                        context: EventContext(now: SystemTimeSource().now, ids: SystemIDSource()))
                }
                try await writer.outbox.append(events, in: transaction)
            }
        }
        let admin = try KafkaAdmin(kafka(cluster), logger: intake.logger)
        try await running([writer.runtime]) {
            try await eventually("everything is in the topic") {
                var sum: Int64 = 0
                for partition in 0..<Int32(TopicCatalogue.dossiers.partitions) {
                    let place = TopicPartition(topic: TopicCatalogue.dossiers.name, partition: partition)
                    sum += try await admin.watermarks(place).high
                }
                return sum == Int64(count)
            }
            try await eventually("nothing is left") {
                try await writer.runtime.outboxStanding().unsent == 0
            }
        }
        await admin.close()
    }

    @Test("nothing is sent before the service's own topics are there, and then to the shape of the catalogue")
    func missingTopics() async throws {
        FaultRecord.note("K12", "the service's own topics are not there at the start")
        let cluster = try MockCluster()
        let intake = try await MessagingDatabase.make()
        let writer = try runtime(.intake, intake, kafka(cluster))
        let admin = try KafkaAdmin(kafka(cluster), logger: intake.logger)
        try await running([writer.runtime]) {
            try await withdraw(["1"], make.dossier(), intake, writer.outbox)
            let own = TopicCatalogue.owned(by: .intake).map(\.name)
            try await eventually("they are missed") {
                writer.runtime.standing.missingTopics == own
            }
            #expect(try await admin.listTopics().isEmpty)
            for (name, partitions) in Self.topics { try cluster.createTopic(name, partitions: partitions) }
            try await eventually("sent") {
                try await writer.runtime.outboxStanding().unsent == 0
            }
        }
        await admin.close()
    }
}
