import Contracts
import Foundation
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

/// What a relay hands out after it has lost the lead is said once more, by whoever leads then.
@Suite("State written late")
struct LateStateTests {
    private let make = TestBatch()
    private let topic = TopicCatalogue.members

    private func write(_ version: Int64, of key: UUIDv7, _ database: MessagingDatabase) async throws {
        try await database.pool.execute(
            """
            INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
            VALUES (0, \(topic.name), \(key), \(version), false, \(make.ids.next(at: make.now)), 'test', now(), '{}')
            """)
    }

    /// Where the relay finds out that its connection is gone, with everything delivered.
    enum Loss: String, CaseIterable, Sendable {
        case writingThePosition = "INSERT ON relay_positions"
        case releasingARetry = "DELETE ON relay_blocked"
        case settlingLateState = "DELETE ON relay_again"
    }

    @Test("it is noted also when every delivery succeeded and only the receipt failed", arguments: Loss.allCases)
    func receiptFails(loss: Loss) async throws {
        FaultRecord.note("K4", "deliveries of state whose outcome stays unknown")
        let cluster = try MockCluster.start(
            topics: Dictionary(
                uniqueKeysWithValues: TopicCatalogue.owned(by: .directory).map { ($0.name, $0.partitions) }))
        let database = try await MessagingDatabase.make()
        let key = make.dossier().value
        try await write(1, of: key, database)
        switch loss {
        case .writingThePosition: break
        case .releasingARetry:
            try await database.pool.execute(
                """
                INSERT INTO relay_blocked (shard, topic, key, seq, retry_requested)
                SELECT shard, topic, key, seq, true FROM outbox
                """)
        case .settlingLateState:
            try await database.pool.execute(
                """
                INSERT INTO relay_again (shard, topic, key, noted_at) VALUES (0, \(topic.name), \(key), '2020-01-01')
                """)
        }
        try await database.pool.withConnection { connection in
            try await connection.executeScript(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
                CREATE TRIGGER refuse BEFORE \(loss.rawValue) FOR EACH ROW EXECUTE FUNCTION refuse();
                """)
        }
        let runtime = try MessagingRuntime(
            outbox: Outbox(service: .directory), consumers: [], pool: database.pool,
            connection: database.configuration,
            kafka: KafkaConfiguration(bootstrapServers: cluster.bootstrapServers, clientID: "test"),
            time: SystemTimeSource(), logger: database.logger)
        let running = Task { try await runtime.run() }
        defer { running.cancel() }
        try await eventually("noted") {
            try await database.count("SELECT count(*) FROM relay_again WHERE noted_at > '2021-01-01'") == 1
        }
        running.cancel()
        _ = await running.result
    }

    @Test("what is noted while it is being said again is said once more")
    func notedMeanwhile() async throws {
        let database = try await MessagingDatabase.make()
        let key = make.dossier().value
        try await write(1, of: key, database)
        let session = try await PostgresConnection.open(database.configuration, logger: database.logger)
        defer { session.close() }
        let reader = OutboxReader(session: session, service: .directory, shard: 0)
        let late = LateState(session: session, shard: 0)
        let note: Set = [LateState.Key(topic: topic.name, key: key)]
        let sent = try await reader.page(from: .start, limit: 10).snapshot
        try await late.note(note)
        let first = try await late.owed(sentBefore: sent, by: reader, limit: 10)
        try await late.note(note)
        try await late.settled(first)
        let second = try await late.owed(sentBefore: sent, by: reader, limit: 10)
        #expect(second.count == 1)
        try await late.settled(second)
        #expect(try await late.owed(sentBefore: sent, by: reader, limit: 10).isEmpty)
    }
}
