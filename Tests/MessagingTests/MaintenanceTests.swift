import Contracts
import Foundation
import Kafka
import Postgres
import Testing

@testable import Messaging

@Suite("Upkeep of the partitions")
struct MaintenanceTests {
    private func maintenance(
        _ database: MessagingDatabase, _ consumers: [ConsumerDefinition] = [], cluster: String? = "c1"
    ) -> Maintenance {
        Maintenance(
            pool: database.pool, consumers: consumers, rules: ConsumerRules(), clusterID: { cluster },
            logger: database.logger)
    }

    /// A partition that ended longer ago than any retention.
    private func expire(_ table: String, _ column: String, width: Int32, in database: MessagingDatabase) async throws {
        try await database.pool.execute(
            """
            SELECT ensure_time_partitions(
                \(table)::text::regclass, \(column), \(width), 0, now() - interval '90 days')
            """)
    }

    private func partitions(of table: String, in database: MessagingDatabase) async throws -> Int64 {
        try await database.count(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = \(table)::text::regclass")
    }

    @Test("an expired partition of the outbox goes when all of it was sent, and not before")
    func outbox() async throws {
        let database = try await MessagingDatabase.make()
        try await expire("outbox", "created_at", width: 7, in: database)
        try await database.pool.execute(
            """
            INSERT INTO outbox (created_at, shard, topic, key, version, republished, event_id, type, time, data)
            SELECT now() - interval '90 days', 0, 'hoso.intake.dossiers.v1', gen_random_uuid(), 1, false,
                   gen_random_uuid(), 'hoso.dossier.withdrawn.v1', now(), ''
            """)
        let before = try await partitions(of: "outbox", in: database)
        try await maintenance(database).work()
        #expect(try await partitions(of: "outbox", in: database) == before, "no relay has sent anything")

        try await database.pool.execute(
            """
            INSERT INTO relay_positions (shard, cluster_id, done, after_seq) VALUES (0, 'c1', pg_current_snapshot(), 0)
            """)
        try await database.pool.execute(
            """
            INSERT INTO relay_blocked (shard, topic, key, seq) SELECT shard, topic, key, seq FROM outbox
            """)
        try await maintenance(database).work()
        #expect(try await partitions(of: "outbox", in: database) == before, "its key is blocked")

        try await database.pool.execute("DELETE FROM relay_blocked")
        try await maintenance(database, cluster: nil).work()
        #expect(try await partitions(of: "outbox", in: database) == before, "nobody knows where it was sent")
        try await maintenance(database, cluster: "c2").work()
        #expect(try await partitions(of: "outbox", in: database) == before, "this cluster has nothing of it yet")
        try await maintenance(database).work()
        #expect(try await partitions(of: "outbox", in: database) == before - 1)
        #expect(try await database.count("SELECT count(*) FROM outbox") == 0)
    }

    @Test("the position of a quiet partition outlives its day, in the present cluster only")
    func quietConsumer() async throws {
        let database = try await MessagingDatabase.make()
        try await expire("consumer_positions", "written_at", width: 1, in: database)
        for cluster in ["c1", "c2"] {
            try await database.pool.execute(
                """
                INSERT INTO consumer_positions (written_at, consumer, topic, partition, cluster_id, next_offset)
                VALUES (now() - interval '90 days', 'routing.dossiers', \(TopicCatalogue.dossiers.name), 0, \(cluster), 42)
                """)
        }
        try await maintenance(database, [MessagingDatabase.writingDown()]).work()
        #expect(try await database.position(of: "routing.dossiers") == 42)
        #expect(try await database.count("SELECT count(*) FROM consumer_positions") == 1)
    }

    @Test("the newest position of a relay is kept however old it is, that of a lost cluster is not")
    func quietRelay() async throws {
        let database = try await MessagingDatabase.make()
        try await expire("relay_positions", "written_at", width: 1, in: database)
        try await database.pool.execute("INSERT INTO relay_servers (shard, system_identifier) VALUES (0, 1)")
        for cluster in ["c1", "c2"] {
            try await database.pool.execute(
                """
                INSERT INTO relay_positions (written_at, shard, cluster_id, done, after_seq)
                VALUES (now() - interval '90 days', 0, \(cluster), '1:1:', 0)
                """)
        }
        let kept = try await partitions(of: "relay_positions", in: database)
        try await maintenance(database).work()
        #expect(try await partitions(of: "relay_positions", in: database) == kept)
        try await maintenance(database, cluster: "c3").work()
        #expect(try await partitions(of: "relay_positions", in: database) == kept - 1)
    }
}
