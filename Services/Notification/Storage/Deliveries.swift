import Contracts
import Foundation
import NotificationDomain
import Postgres

/// A notice on its way over one channel.
struct Delivery: Sendable {
    let id: DeliveryID
    let eventID: UUIDv7
    let rule: String
    let memberID: MemberID
    let channel: NoticeChannel
    let dossierID: DossierID?
    let address: String
    let notice: FilledNotice
    /// Counts this attempt, from 1.
    let attempt: Int
    let version: Int64
}

extension Delivery: PostgresRowDecodable {
    init(row: PostgresRow) throws {
        guard let channel = NoticeChannel(rawValue: try row.get("channel")) else {
            throw PostgresError(.decoding, "unknown channel of a delivery")
        }
        self.init(
            id: try row.get("id"), eventID: try row.get("event_id"), rule: try row.get("rule"),
            memberID: try row.get("member_id"), channel: channel, dossierID: try row.get("dossier_id"),
            address: try row.get("address"),
            notice: FilledNotice(
                subject: try row.get("subject"), body: try row.get("body"), short: try row.get("short")),
            attempt: try row.get("attempts"), version: try row.get("version"))
    }
}

/// The rows of deliveries.
enum Deliveries {
    /// Queues a notice; a repeated event queues nothing.
    static func queue(
        _ notice: FilledNotice, rule: String, cause: UUIDv7, member: MemberID, dossier: DossierID?,
        channel: NoticeChannel, address: String, id: DeliveryID, now: Date, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO deliveries (id, event_id, rule, member_id, channel, dossier_id, address, subject, body, short,
                                    state, next_attempt_at, created_at)
            VALUES (\(id), \(cause), \(rule), \(member), \(channel.rawValue), \(dossier), \(address),
                    \(notice.subject), \(notice.body), \(notice.short), 'queued', \(now), \(now))
            ON CONFLICT (event_id, rule, member_id, channel) DO NOTHING
            """)
    }

    /// Takes the next due delivery for `lease`: whoever dies with it gives it back when the lease is over.
    static func take(now: Date, lease: TimeInterval, from session: any PostgresQueryable) async throws -> Delivery? {
        try await session.queryOptional(
            """
            UPDATE deliveries SET attempts = attempts + 1, next_attempt_at = \(now + lease)
            WHERE id = (
                SELECT id FROM deliveries WHERE state = 'queued' AND next_attempt_at <= \(now)
                ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING *
            """, as: Delivery.self)
    }

    /// Writes what became of an attempt; `false` when somebody else has settled the delivery meanwhile.
    static func settle(
        _ delivery: Delivery, state: String, reason: String?, nextAttempt: Date?, now: Date,
        in transaction: PostgresTransaction
    ) async throws -> Bool {
        try await transaction.execute(
            """
            UPDATE deliveries SET state = \(state), last_reason = \(reason), next_attempt_at = \(nextAttempt),
                version = version + 1, settled_at = \(state == "queued" ? nil : now)
            WHERE id = \(delivery.id) AND state = 'queued' AND version = \(delivery.version)
            """) == 1
    }
}
