import Contracts
import Foundation
import Messaging
import Postgres
import RoutingDomain

/// Cases as rows, and what happened to them.
enum CaseStore {
    /// The case as it stands; nil when there is none.
    static func read(_ id: DossierID, in session: any PostgresQueryable) async throws -> RunningCase? {
        try await session.queryOptional("SELECT document FROM cases WHERE dossier_id = \(id)").map(running)
    }

    /// The case with its row lock, which is held to the end of the transaction: that gives its events their order.
    static func lock(_ id: DossierID, in transaction: PostgresTransaction) async throws -> LockedCase? {
        try await LockedCase(answers: transaction.pipeline(locking(id)))
    }

    /// The questions that ``lock(_:in:)`` asks, for whoever asks more at once: whom the case is about is read once the
    /// lock is held, so that nobody decides by what he was before it was waited for.
    static func locking(_ id: DossierID) -> [SQL] {
        ["SELECT document FROM cases WHERE dossier_id = \(id) FOR UPDATE", CaseSubject.of(id)]
    }

    /// Keeps new cases and their turns, each with one statement; a dossier that has a case already keeps it.
    ///
    /// - Parameter campaign: the campaign that opens them.
    /// - Returns: how many were kept: of several all, or the transaction is to be given up.
    static func insert(
        _ cases: [RunningCase], of campaign: CampaignID? = nil, in transaction: PostgresTransaction
    ) async throws -> Int {
        let inserted = try await transaction.execute(
            """
            INSERT INTO cases (dossier_id, version, code, procedure, procedure_version, member_id,
                entered_by_member_id, stage, opened_at, finished_at, campaign_id, document)
            SELECT dossier_id, version, code, procedure, procedure_version, member_id, entered_by_member_id, stage,
                opened_at, finished_at, \(campaign), document
            FROM unnest(\(cases.map(\.dossierId)), \(cases.map(\.version)), \(cases.map(\.code)),
                \(cases.map(\.procedure)), \(cases.map { Int32(clamping: $0.procedureVersion) }),
                \(cases.map(\.memberId)), \(cases.map(\.enteredByMemberId)), \(cases.map(\.stage.rawValue)),
                \(cases.map(\.openedAt)), \(cases.map(\.finishedAt)), \(try cases.map(document)))
                AS c (dossier_id, version, code, procedure, procedure_version, member_id, entered_by_member_id, stage,
                    opened_at, finished_at, document)
            ON CONFLICT (dossier_id) DO NOTHING
            """)
        // One that was there before keeps its turns too.
        if inserted == cases.count { try CaseTurns.insert(cases, in: transaction) }
        return inserted
    }

    /// Keeps a changed case with its turns, with the next statement of the transaction. The row is locked; the version
    /// is compared all the same, so that a slip is an error (a version is never null) and never a lost change.
    static func update(
        _ before: RunningCase, to running: RunningCase, in transaction: PostgresTransaction
    ) throws {
        try CaseTurns.replace(before, by: running, in: transaction)
        try transaction.enqueue(
            """
            UPDATE cases SET version = CASE version WHEN \(before.version) THEN \(running.version) END,
                stage = \(running.stage.rawValue), finished_at = \(running.finishedAt),
                document = \(try document(running))
            WHERE dossier_id = \(running.dossierId)
            """)
    }

    /// Adds what happened to cases, with the next statement of the transaction.
    static func record(_ rows: [HistoryRow], actor: String, in transaction: PostgresTransaction) throws {
        guard !rows.isEmpty else { return }
        try transaction.enqueue(
            """
            INSERT INTO case_history (dossier_id, version, at, type, actor, data)
            SELECT dossier_id, version, at, type, \(actor), data
            FROM unnest(\(rows.map(\.dossierId)), \(rows.map(\.version)), \(rows.map(\.at)), \(rows.map(\.type)),
                \(rows.map { PostgresJSON(bytes: $0.data) })) AS h (dossier_id, version, at, type, data)
            """)
    }

    /// The case of a row that holds its document.
    static func running(_ row: PostgresRow) throws -> RunningCase {
        try ContractsJSON.decode(from: row.get("document", as: PostgresJSON.self).bytes)
    }

    private static func document(_ running: RunningCase) throws -> PostgresJSON {
        PostgresJSON(bytes: try ContractsJSON.encode(running))
    }
}

/// One event in the history of a case.
struct HistoryRow: Sendable {
    let dossierId: DossierID
    let version: Int64
    let at: Date
    let type: String
    /// The payload as JSON.
    let data: [UInt8]
}

extension HistoryRow {
    /// The row of an event that is written to the outbox.
    init(_ entry: OutboxEntry) {
        self.init(
            dossierId: DossierID(entry.key), version: entry.version, at: entry.time, type: entry.type, data: entry.data)
    }
}

/// A case whose row lock is held, and whom it is about.
struct LockedCase: Sendable {
    let running: RunningCase
    let subject: CaseSubject

    /// Reads what ``CaseStore/locking(_:)`` asks; nil when there is no such case.
    init?(answers: [PostgresResult]) throws {
        guard let row = answers[0].rows.first, let subject = answers[1].rows.first else { return nil }
        running = try CaseStore.running(row)
        self.subject = try CaseSubject(subject)
    }
}
