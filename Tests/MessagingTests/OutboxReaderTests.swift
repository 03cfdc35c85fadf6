import Contracts
import Foundation
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Outbox and its database server")
struct OutboxReaderTests {
    private let make = TestBatch()

    /// Two events in the outbox, sent in one cluster.
    private func scene() async throws -> (MessagingDatabase, OutboxReader) {
        let database = try await MessagingDatabase.make()
        let outbox = Outbox(service: .intake)
        for _ in 0..<2 {
            let dossier = make.dossier()
            try await database.pool.transaction { transaction in
                try await outbox.append(
                    make.withdrawal(of: dossier), key: dossier.value, version: 1,
                    context: EventContext(now: make.now, ids: SystemIDSource()), in: transaction)
            }
        }
        try await database.pool.execute(
            "INSERT INTO relay_positions (shard, cluster_id, done, after_seq) VALUES (0, 'c1', pg_current_snapshot(), 0)"
        )
        let session = try await PostgresConnection.open(database.configuration, logger: database.logger)
        return (database, OutboxReader(session: session, service: .intake, shard: 0))
    }

    private func unsent(_ reader: OutboxReader) async throws -> Int {
        let position = try await reader.position(clusterID: "c1") ?? .start
        return try await reader.page(from: position, limit: 10).rows.count
    }

    @Test("on its own server an outbox stays as it is")
    func own() async throws {
        let (_, reader) = try await scene()
        #expect(try await !reader.adopt())
        #expect(try await !reader.adopt())
        #expect(try await unsent(reader) == 0)
        reader.session.close()
    }

    @Test("restored on another server, where counting has come as far, everything is sent again")
    func restored() async throws {
        FaultRecord.note("D11", "an outbox restored on a server that has counted as far")
        let (database, reader) = try await scene()
        _ = try await reader.adopt()
        try await database.pool.execute("UPDATE relay_servers SET system_identifier = system_identifier + 1")
        #expect(try await reader.adopt())
        #expect(try await unsent(reader) == 2)
        #expect(try await !reader.adopt())
        reader.session.close()
    }

    @Test("restored where counting has not come as far, everything is sent once more and only once")
    func counterWentBack() async throws {
        FaultRecord.note("D11", "an outbox restored on a server that has not counted as far")
        let (database, reader) = try await scene()
        try await database.pool.execute("UPDATE outbox SET xid = '1000000000'")
        #expect(try await reader.adopt())
        let first = try await reader.page(from: .start, limit: 10)
        #expect(first.rows.count == 2)
        let next = RelayPosition.start.advanced(
            pastSequence: first.rows.last?.sequence, isFull: first.isFull, snapshot: first.snapshot)
        #expect(try await reader.page(from: next, limit: 10).rows.isEmpty)
        reader.session.close()
    }

    @Test("what was sent is not read again to count what was not")
    func standing() async throws {
        let (database, reader) = try await scene()
        reader.session.close()
        try await database.pool.execute(
            """
            INSERT INTO outbox (xid, shard, topic, key, version, republished, event_id, type, time, data)
            SELECT (n / 100)::text::xid8, shard, topic, gen_random_uuid(), version, republished, event_id, type, time,
                data || convert_to(repeat(md5(n::text), 10), 'UTF8')
            FROM outbox, generate_series(1, 30000) AS n
            """)
        try await database.pool.execute(
            """
            INSERT INTO relay_positions (shard, cluster_id, done, after_seq) VALUES (0, 'c1', pg_current_snapshot(), 0)
            """)
        try await database.pool.execute("ANALYZE outbox")
        try await database.pool.execute(
            """
            INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
            SELECT shard, topic, gen_random_uuid(), version, republished, event_id, type, time, data FROM outbox
            LIMIT 3
            """)
        try await database.pool.transaction { transaction in
            // As it looks to the planner where weeks of events are kept.
            try await transaction.execute("SET LOCAL enable_bitmapscan = off")
            let standing = try await OutboxStanding.read(from: transaction, shards: 1, clusterID: "c1")
            #expect(standing.unsent == 3)
            let read: Int64 = try await transaction.queryOne(
                """
                SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint AS read
                FROM pg_stat_xact_user_tables WHERE schemaname = current_schema() AND relname LIKE 'outbox%'
                """
            ).get("read")
            #expect((3...10).contains(read))
        }
    }
}
