import Contracts
import Postgres
import TestStack
import Testing

@testable import Messaging

/// What the relay's query for the next page costs, and what becomes of it when it takes long.
@Suite("Pages of the outbox")
struct OutboxPageTests {
    /// What the planner knows of the table.
    enum Statistics: CaseIterable {
        case none, ofAnEmptyTable, ofAFullTable
    }

    private let make = TestBatch()

    /// A relay's session on the database; everything in the outbox so far counts as sent at the position.
    private func reader(
        _ database: MessagingDatabase, statementTimeout: Duration = .seconds(30)
    ) async throws -> (OutboxReader, RelayPosition) {
        var configuration = database.configuration
        configuration.statementTimeout = statementTimeout
        let session = try await PostgresConnection.open(configuration, logger: database.logger)
        for setting in Relay.sessionSettings { try await session.execute(setting) }
        let now: String = try await session.queryOne("SELECT pg_current_snapshot()::text AS now").get("now")
        let done = try #require(TransactionSnapshot(now))
        return (
            OutboxReader(session: session, service: .intake, shard: 0),
            RelayPosition(done: done, reading: nil, afterSequence: 0)
        )
    }

    private func append(_ count: Int, to database: MessagingDatabase) async throws {
        let outbox = Outbox(service: .intake)
        for _ in 0..<count {
            try await database.pool.transaction { transaction in
                let dossier = make.dossier()
                try await outbox.append(
                    make.withdrawal(of: dossier), key: dossier.value, version: 1,
                    context: EventContext(now: make.now, ids: SystemIDSource()), in: transaction)
            }
        }
    }

    /// Copies of one event under new numbers, a thousand in a transaction.
    private func fill(_ database: MessagingDatabase, thousands: Int) async throws {
        try await append(1, to: database)
        for _ in 0..<thousands {
            try await database.pool.execute(
                """
                INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
                SELECT shard, topic, key, n, true, event_id, type, time, data
                FROM (SELECT * FROM outbox LIMIT 1) o CROSS JOIN generate_series(1, 1000) AS n
                """)
        }
    }

    /// Rows and index entries of the outbox that the session has read so far.
    private func touched(_ reader: OutboxReader) async throws -> Int64 {
        // What a session counted is told when it is idle, a second late unless asked for.
        try await reader.session.execute("SELECT pg_stat_force_next_flush()")
        return try await reader.session.queryOne(
            """
            SELECT ((SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_user_tables
                     WHERE relname LIKE 'outbox%')
                  + (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes
                     WHERE relname LIKE 'outbox%'))::bigint AS n
            """
        ).get("n")
    }

    @Test(
        "the next page reads what is unsent, however much was sent and whatever the statistics say",
        arguments: Statistics.allCases, [100, 2_000])
    func nextPage(statistics: Statistics, limit: Int) async throws {
        let database = try await MessagingDatabase.make()
        if statistics == .ofAnEmptyTable { try await database.pool.execute("ANALYZE outbox") }
        try await fill(database, thousands: 20)
        if statistics == .ofAFullTable { try await database.pool.execute("ANALYZE outbox") }
        let late = try await PostgresConnection.open(database.configuration, logger: database.logger)
        try await late.execute("BEGIN")
        try await late.execute(
            """
            INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, data)
            SELECT shard, topic, key, 2, true, event_id, type, time, data FROM outbox LIMIT 1
            """)
        let (reader, position) = try await reader(database)
        try await append(5, to: database)
        try await late.execute("COMMIT")
        let before = try await touched(reader)
        let page = try await reader.page(from: position, limit: limit)
        let read = try await touched(reader) - before
        #expect(page.rows.count == 6 && !page.isFull)
        #expect(read >= 6 && read < 60, "\(read) rows and index entries for a page of six")
        late.close()
        reader.session.close()
    }

    @Test("deep in a large window a page reads its own rows")
    func deepPage() async throws {
        let database = try await MessagingDatabase.make()
        try await fill(database, thousands: 20)
        try await database.pool.execute("ANALYZE outbox")
        let (reader, now) = try await reader(database)
        let middle: Int64 = try await database.count("SELECT max(seq) / 2 AS count FROM outbox")
        let before = try await touched(reader)
        let page = try await reader.page(
            from: RelayPosition(done: .nothing, reading: now.done, afterSequence: middle), limit: 100)
        let read = try await touched(reader) - before
        #expect(page.rows.map(\.sequence) == Array(middle + 1...middle + 100) && page.isFull)
        #expect(read >= 100 && read < 1_000, "\(read) rows and index entries for a page of a hundred")
        reader.session.close()
    }

    @Test("a page that takes longer than a statement may gets an hour, but not beside other work")
    func longPage() async throws {
        let database = try await MessagingDatabase.make()
        let (reader, position) = try await reader(database, statementTimeout: .milliseconds(150))
        try await append(2, to: database)
        let holder = try await PostgresConnection.open(database.configuration, logger: database.logger)
        try await holder.execute("BEGIN")
        try await holder.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        #expect(try await reader.pageAside(from: position, limit: 10) == nil)
        async let patient = reader.page(from: position, limit: 10)
        try await eventually("it waits for longer than a statement may") {
            try await database.count(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND datname = current_database() AND now() - xact_start > '400 ms'
                """) == 1
        }
        try await holder.execute("COMMIT")
        #expect(try await patient.rows.count == 2)
        // The session is as it was.
        #expect(try await reader.session.queryOne("SHOW statement_timeout").get("statement_timeout") == "150ms")
        holder.close()
        reader.session.close()
    }
}
