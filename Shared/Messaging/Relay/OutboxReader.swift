import Contracts
import Foundation
import Kafka
import Postgres

/// One row of the outbox, as the relay sends it.
struct OutboxRow: Sendable {
    let sequence: Int64
    let topic: String
    let key: UUIDv7
    let record: KafkaRecord
}

/// A page of the outbox and the snapshot it was read in.
struct OutboxPage: Sendable {
    let rows: [OutboxRow]
    let isFull: Bool
    let snapshot: TransactionSnapshot
}

/// The relay's statements on its own connection.
struct OutboxReader: Sendable {
    let session: PostgresConnection
    let shard: Int16
    private let source: KafkaHeader

    private static let specVersion = KafkaHeader(EventHeader.specVersion, EventHeader.specVersionValue)
    private static let contentType = KafkaHeader(EventHeader.contentType, EventHeader.contentTypeValue)

    init(session: PostgresConnection, service: ServiceName, shard: Int16) {
        self.session = session
        self.shard = shard
        source = KafkaHeader(EventHeader.source, service.source)
    }

    /// The next page from `position` on, in the order of the row numbers.
    ///
    /// The first page of a window looks at all of it: millions of events may take it longer than a statement is allowed.
    /// It is asked for again with an hour then, in a transaction, so that nobody else may use the session meanwhile.
    /// - Parameter clusterID: where the position is also to be written first, the cluster it is for.
    func page(from position: RelayPosition, limit: Int, writingFor clusterID: String? = nil) async throws -> OutboxPage
    {
        let insertion = clusterID.map { writing(position, clusterID: $0) }
        let statements = (insertion.map { [$0] } ?? []) + [statement(from: position, limit: limit)]
        do {
            return try read(try await session.pipeline(statements), limit: limit)
        } catch let error as PostgresError {
            guard error.isTimeOut else { throw error }
            let options = TransactionOptions(statementTimeout: .seconds(3_600))
            return try read(
                try await session.transaction(options) { try await $0.pipeline(statements) }, limit: limit)
        }
    }

    /// The same beside other work on the session; nil when it takes longer than a statement is allowed.
    func pageAside(from position: RelayPosition, limit: Int) async throws -> OutboxPage? {
        do {
            return try read(try await session.pipeline([statement(from: position, limit: limit)]), limit: limit)
        } catch let error as PostgresError {
            if error.isTimeOut { return nil }
            throw error
        }
    }

    private func read(_ results: [PostgresResult], limit: Int) throws -> OutboxPage {
        let rows = results.last?.rows ?? []
        guard let first = rows.first, let snapshot = TransactionSnapshot(try first.get("snapshot")) else {
            throw MessagingError.unexpected("the outbox page has no snapshot")
        }
        // The one row of an empty page carries the snapshot alone.
        let isEmpty = try first.get("seq", as: Int64?.self) == nil
        let page = isEmpty ? [] : try rows.map { try outboxRow($0, from: 1) }
        return OutboxPage(rows: page, isFull: page.count == limit, snapshot: snapshot)
    }

    private func statement(from position: RelayPosition, limit: Int) -> SQL {
        let minimum = position.done.maximum
        let late = position.done.inProgress
        if let window = position.reading {
            // Deep in a large window the row numbers lead, for most of what follows belongs to it; `shard + 0` keeps the
            // index over shards and transactions from looking better.
            return """
                SELECT s.snapshot, o.* FROM (SELECT pg_current_snapshot()::text AS snapshot) s LEFT JOIN LATERAL (
                    SELECT \(Self.columns) FROM outbox
                    WHERE seq > \(position.afterSequence) AND shard + 0 = \(shard)
                      AND (xid >= \(minimum) OR xid = ANY (\(late)))
                      AND pg_visible_in_snapshot(xid, \(window.description)::pg_snapshot)
                    ORDER BY seq LIMIT \(limit)) o ON true
                ORDER BY o.seq
                """
        }
        // The rows of a window are found by their transactions, for by their numbers all that was ever sent would stand
        // before them. Written so that no statistics can lead the planner elsewhere: `seq + 0` is sorted by no index, and
        // each late transaction is looked up by itself.
        return """
            SELECT s.snapshot, o.* FROM (SELECT pg_current_snapshot()::text AS snapshot) s LEFT JOIN LATERAL (
                SELECT * FROM (
                    SELECT \(Self.columns) FROM outbox
                    WHERE shard = \(shard) AND xid >= \(minimum)
                    UNION ALL
                    SELECT o.* FROM unnest(\(late)) AS late (xid) CROSS JOIN LATERAL (
                        SELECT \(Self.columns) FROM outbox
                        WHERE shard = \(shard) AND xid = late.xid OFFSET 0) o
                ) unsent ORDER BY seq + 0 LIMIT \(limit)) o ON true
            ORDER BY o.seq
            """
    }

    func position(clusterID: String) async throws -> RelayPosition? {
        let rows = try await session.query(
            """
            SELECT done::text AS done, reading::text AS reading, after_seq FROM relay_positions
            WHERE shard = \(shard) AND cluster_id = \(clusterID) ORDER BY id DESC LIMIT 1
            """)
        guard let row = rows.first else { return nil }
        guard let done = TransactionSnapshot(try row.get("done")) else {
            throw MessagingError.unexpected("the relay position is no snapshot")
        }
        return RelayPosition(
            done: done, reading: try row.get("reading", as: String?.self).flatMap { TransactionSnapshot($0) },
            afterSequence: try row.get("after_seq"))
    }

    func write(_ position: RelayPosition, clusterID: String) async throws {
        try await session.execute(writing(position, clusterID: clusterID))
    }

    private func writing(_ position: RelayPosition, clusterID: String) -> SQL {
        """
        INSERT INTO relay_positions (shard, cluster_id, done, reading, after_seq)
        VALUES (\(shard), \(clusterID), \(position.done.description)::pg_snapshot,
                \(position.reading?.description)::pg_snapshot, \(position.afterSequence))
        """
    }

    /// Makes the outbox this server's own; answers whether it came from another one.
    ///
    /// A database restored from a dump counts its transactions anew: the retained rows then belong to no transaction of
    /// this server, and no stored position means anything. They are stamped again and all sent again, which the inboxes
    /// absorb.
    func adopt() async throws -> Bool {
        // Some minutes for millions of rows, once in the life of a server.
        try await session.transaction(TransactionOptions(statementTimeout: .seconds(6 * 3_600))) { transaction in
            let server = try await transaction.queryOne(
                """
                SELECT (SELECT system_identifier FROM pg_control_system()) AS here,
                       (SELECT system_identifier FROM relay_servers WHERE shard = \(shard)) AS known,
                       EXISTS (SELECT FROM outbox WHERE shard = \(shard)
                                 AND xid >= pg_snapshot_xmax(pg_current_snapshot())) AS is_ahead
                """)
            let here: Int64 = try server.get("here")
            let known: Int64? = try server.get("known")
            let isForeign = try server.get("is_ahead") || (known != nil && known != here)
            if isForeign {
                try await transaction.execute("UPDATE outbox SET xid = pg_current_xact_id() WHERE shard = \(shard)")
                try await transaction.execute("DELETE FROM relay_positions WHERE shard = \(shard)")
            }
            if isForeign || known == nil {
                try await transaction.execute(
                    """
                    INSERT INTO relay_servers (shard, system_identifier) VALUES (\(shard), \(here))
                    ON CONFLICT (shard) DO UPDATE SET system_identifier = excluded.system_identifier
                    """)
            }
            return isForeign
        }
    }

    /// The rows of a blocked key that an operator wants sent again, in order.
    func rows(sequences: [Int64]) async throws -> [OutboxRow] {
        try await session.query(
            """
            SELECT \(Self.columns) FROM outbox
            WHERE seq = ANY (\(sequences)) ORDER BY seq
            """
        ).map { try outboxRow($0, from: 0) }
    }

    private static let columns: SQL = "seq, topic, key, version, event_id, type, time, traceparent, data"

    /// Reads `columns` by their places, the first being at `first`: by their names it would take half as long again.
    private func outboxRow(_ row: PostgresRow, from first: Int) throws -> OutboxRow {
        let topic: String = try row.get(at: first + 1)
        let key: UUIDv7 = try row.get(at: first + 2)
        let version: Int64 = try row.get(at: first + 3)
        let id: UUIDv7 = try row.get(at: first + 4)
        let type: String = try row.get(at: first + 5)
        let time: Date = try row.get(at: first + 6)
        let keyText = Array(key.description.utf8)
        var headers = [
            Self.specVersion,
            KafkaHeader(EventHeader.id, id.description),
            KafkaHeader(EventHeader.type, type),
            source,
            KafkaHeader(name: EventHeader.subject, value: keyText),
            KafkaHeader(EventHeader.time, RFC3339.text(of: time)),
            KafkaHeader(EventHeader.sequence, String(version)),
            KafkaHeader(EventHeader.dataSchema, "urn:hoso:schema:\(type)"),
            Self.contentType,
        ]
        if let traceparent = try row.get(at: first + 7, as: String?.self) {
            headers.append(KafkaHeader(EventHeader.traceParent, traceparent))
        }
        return OutboxRow(
            sequence: try row.get(at: first), topic: topic, key: key,
            record: KafkaRecord(
                topic: topic, partition: nil, key: keyText, value: try row.get(at: first + 8),
                headers: headers, timestamp: time))
    }
}

extension PostgresError {
    /// The server ended the statement because it took too long; nobody asked for that.
    fileprivate var isTimeOut: Bool { sqlState == .queryCanceled && code != .cancelled }
}
