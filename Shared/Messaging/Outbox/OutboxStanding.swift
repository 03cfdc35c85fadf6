public import Contracts
public import Foundation
public import Postgres

/// How the outbox of a service stands, for readiness and operators.
public struct OutboxStanding: Codable, Sendable {
    /// Events that no relay has confirmed in the present cluster yet; counted up to ``countedUpTo``.
    public let unsent: Int64
    /// The moment the oldest of those that were counted was written.
    public let oldestUnsentAt: Date?
    /// Events held back because the broker refused one of their key.
    public let blocked: Int64

    /// More unsent events than this are not counted any further: whoever asks would wait for it.
    public static let countedUpTo: Int64 = 1_000_000

    /// Reads it from the service's own tables; what was sent is not read again, however much of it is kept.
    /// - Parameter clusterID: the cluster in which the positions count; unknown means nothing was sent there.
    public static func read(
        from session: any PostgresQueryable, shards: Int, clusterID: String?
    ) async throws -> OutboxStanding {
        let rows = try await session.query(
            """
            SELECT count(o.seq) AS unsent, min(o.created_at) AS oldest, (SELECT count(*) FROM relay_blocked) AS blocked
            FROM generate_series(0, \(shards) - 1) AS s (shard)
            LEFT JOIN LATERAL (
                SELECT done, reading, after_seq FROM relay_positions r
                WHERE r.shard = s.shard AND (\(clusterID)::text IS NULL OR r.cluster_id = \(clusterID))
                ORDER BY id DESC LIMIT 1) p ON true
            LEFT JOIN LATERAL (
                SELECT seq, created_at FROM (
                    -- What a transaction writes that is not over cannot be seen: the upper end is there for the planner,
                    -- which takes a stretch with two ends to be short, and reads it along its index.
                    SELECT seq, created_at, xid FROM outbox
                    WHERE shard = s.shard AND xid >= coalesce(pg_snapshot_xmax(p.done), '0')
                        AND xid < pg_snapshot_xmax(pg_current_snapshot())
                    UNION ALL
                    SELECT seq, created_at, xid FROM outbox
                    WHERE shard = s.shard AND xid = ANY (ARRAY(SELECT pg_snapshot_xip(p.done)))
                ) AS later
                WHERE p.reading IS NULL OR seq > p.after_seq OR NOT pg_visible_in_snapshot(xid, p.reading)
                LIMIT \(Self.countedUpTo)
            ) o ON true
            """)
        guard let row = rows.first else { throw MessagingError.unexpected("no count of the outbox") }
        return OutboxStanding(
            unsent: try row.get("unsent"), oldestUnsentAt: try row.get("oldest"), blocked: try row.get("blocked"))
    }
}

/// An event whose key is blocked, for operators.
public struct BlockedEvent: Codable, Sendable {
    public let id: Int64
    public let topic: String
    public let key: UUIDv7
    public let sequence: Int64
    /// The broker's reason; `nil` for an event that waits behind a refused one.
    public let reason: String?
    public let blockedAt: Date

    public static func list(from pool: PostgresPool, limit: Int = 100) async throws -> [BlockedEvent] {
        try await pool.query(
            "SELECT id, topic, key, seq, reason, blocked_at FROM relay_blocked ORDER BY id LIMIT \(limit)"
        ).map { row in
            BlockedEvent(
                id: try row.get("id"), topic: try row.get("topic"), key: try row.get("key"),
                sequence: try row.get("seq"), reason: try row.get("reason"), blockedAt: try row.get("blocked_at"))
        }
    }

    /// Asks the relay to send a blocked key again (every one without an id); answers how many events that concerns.
    public static func retry(_ id: Int64?, in transaction: PostgresTransaction) async throws -> Int {
        try await transaction.execute(
            """
            UPDATE relay_blocked b SET retry_requested = true
            WHERE \(id)::bigint IS NULL OR (topic, key) = (SELECT topic, key FROM relay_blocked WHERE id = \(id))
            """)
    }
}
