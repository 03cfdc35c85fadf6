import Contracts
import Foundation
import Postgres

/// Reads and writes the chain in the service's own schema.
struct AuditStore: Sendable {
    /// The last seal, without the rows it covers.
    func lastSeal(in session: any PostgresSession) async throws -> AuditSeal? {
        try await session.query(
            """
            \(Self.selection) ORDER BY number DESC LIMIT 1
            """
        ).first.map(Self.seal)
    }

    /// Seals in order, from `after` on.
    func seals(after number: Int64, limit: Int, in session: any PostgresQueryable) async throws -> [AuditSeal] {
        try await session.query(
            """
            \(Self.selection) WHERE number > \(number) ORDER BY number LIMIT \(limit)
            """
        ).map(Self.seal)
    }

    /// Rows from a transaction on that no running transaction can still join, in the order of the chain.
    func settledRows(from transaction: UInt64, limit: Int, in session: any PostgresSession) async throws -> [AuditRow] {
        try await session.query(
            """
            \(Self.rowSelection)
            WHERE xid >= \(transaction) AND xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY xid, id LIMIT \(limit)
            """
        ).map(Self.row)
    }

    /// Every row of a range of transactions, in the order of the chain.
    func rows(from first: UInt64, before end: UInt64, in session: any PostgresQueryable) async throws -> [AuditRow] {
        try await session.query(
            """
            \(Self.rowSelection)
            WHERE xid >= \(first) AND xid < \(end) ORDER BY xid, id
            """
        ).map(Self.row)
    }

    /// The oldest transaction that still runs.
    func horizon(in session: any PostgresSession) async throws -> UInt64 {
        try await session.queryOne("SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin").get("xmin")
    }

    func insert(_ seal: AuditSeal, anchorID: UUIDv7, at now: Date, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO audit_seals (number, from_xid, before_xid, rows, total, row_ids, row_digests, previous, hash,
                                     anchor_id, sealed_at)
            VALUES (\(seal.number), \(seal.fromTransaction),
                    \(seal.beforeTransaction), \(seal.rowIDs.count), \(seal.total),
                    \(seal.rowIDs), \(seal.rowDigests.flatMap { $0 }), \(seal.previous), \(seal.hash),
                    \(anchorID.uuid), \(now))
            """)
    }

    private static let selection: SQL = """
        SELECT number, from_xid, before_xid, total, row_ids, row_digests,
               previous, hash FROM audit_seals
        """

    private static let rowSelection: SQL = """
        SELECT id, xid, at, action, subject, actor, details, traceparent FROM audit
        """

    private static func seal(_ row: PostgresRow) throws -> AuditSeal {
        let digests: [UInt8] = try row.get("row_digests")
        return AuditSeal(
            number: try row.get("number"), fromTransaction: try row.get("from_xid"),
            beforeTransaction: try row.get("before_xid"), rowIDs: try row.get("row_ids"),
            rowDigests: stride(from: 0, to: digests.count, by: 32).map {
                Array(digests[$0..<min($0 + 32, digests.count)])
            },
            total: try row.get("total"), previous: try row.get("previous"), hash: try row.get("hash"))
    }

    private static func row(_ row: PostgresRow) throws -> AuditRow {
        AuditRow(
            id: try row.get("id"), transaction: try row.get("xid"), at: try row.get("at"),
            action: try row.get("action"), subject: try row.get("subject"), actor: try row.get("actor"),
            details: try row.get("details"), traceparent: try row.get("traceparent"))
    }
}
