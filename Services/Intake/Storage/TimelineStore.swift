import Contracts
import Foundation
import IntakeDomain
import Messaging
import Postgres

/// What happened to dossiers, as rows.
enum TimelineStore {
    /// Adds an entry, and lets the dossier's status follow; an entry that is there already changes nothing.
    ///
    /// - Returns: false when there is no such dossier.
    static func add(
        _ entry: TimelineEntry, to dossier: DossierID, in transaction: PostgresTransaction
    ) async throws -> Bool {
        // Two topics tell of one dossier: its lock lets one fold see what the other has added.
        let known = try await transaction.queryOptional("SELECT status FROM dossiers WHERE id = \(dossier) FOR UPDATE")
        guard let known else { return false }
        let added = try await insert(entry, of: dossier, in: transaction)
        guard added else { return true }
        let timeline = StatusTimeline(try await entries(of: dossier, in: transaction))
        guard try known.get("status", as: String.self) != timeline.status.rawValue else { return true }
        try await transaction.execute(
            """
            UPDATE dossiers SET status = \(timeline.status.rawValue),
                finished_at = \(timeline.status.isFinal ? entry.at : nil) WHERE id = \(dossier)
            """)
        return true
    }

    /// Adds the entry; false when it is there already.
    @discardableResult
    static func insert(
        _ entry: TimelineEntry, of dossier: DossierID, in transaction: PostgresTransaction
    ) async throws -> Bool {
        let payload = entry.event.payload
        let added = try await transaction.execute(
            """
            INSERT INTO timeline (dossier_id, topic, sequence, type, at, data)
            VALUES (\(dossier), \(entry.topic), \(entry.sequence), \(type(of: payload).type), \(entry.at),
                    \(PostgresJSON(bytes: try ContractsJSON.encode(payload))))
            ON CONFLICT DO NOTHING
            """)
        return added == 1
    }

    /// All that was told of a dossier. Types that this version does not know are left out.
    static func entries(of dossier: DossierID, in session: any PostgresQueryable) async throws -> [TimelineEntry] {
        let rows = try await session.query(
            "SELECT topic, sequence, type, at, data FROM timeline WHERE dossier_id = \(dossier)")
        return try rows.compactMap { row in
            let json = try row.get("data", as: PostgresJSON.self).bytes
            guard let event = try ProgressEvent(type: try row.get("type"), json: json) else { return nil }
            return TimelineEntry(
                topic: try row.get("topic"), sequence: try row.get("sequence"), at: try row.get("at"), event: event)
        }
    }
}
