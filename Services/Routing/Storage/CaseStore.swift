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
    static func lock(_ id: DossierID, in transaction: PostgresTransaction) async throws -> RunningCase? {
        try await transaction.queryOptional("SELECT document FROM cases WHERE dossier_id = \(id) FOR UPDATE")
            .map(running)
    }

    /// Keeps a new case; false when the dossier has one already.
    static func insert(_ running: RunningCase, in transaction: PostgresTransaction) async throws -> Bool {
        let turn = running.turn
        let inserted = try await transaction.execute(
            """
            INSERT INTO cases (dossier_id, version, code, procedure, procedure_version, member_id,
                entered_by_member_id, stage, turn, step, organization_id, role, seat_organization_id, seat_role,
                due_at, due_calendar, waiting, alert_at, opened_at, finished_at, document)
            VALUES (\(running.dossierId), \(running.version), \(running.code), \(running.procedure),
                \(running.procedureVersion), \(running.memberId), \(running.enteredByMemberId),
                \(running.stage.rawValue), \(turn?.number), \(turn?.step), \(turn?.organizationId),
                \(turn?.role.rawValue), \(turn?.seat?.organizationId), \(turn?.seat?.role.rawValue),
                \(turn?.due.at), \(turn?.due.calendarVersion), \(turn?.isWaiting ?? false), \(running.alertAt),
                \(running.openedAt), \(running.finishedAt), \(try document(running)))
            ON CONFLICT (dossier_id) DO NOTHING
            """)
        return inserted == 1
    }

    /// Keeps a changed case. The row is locked; the version is compared all the same, so that a slip is an error and
    /// never a lost change.
    static func update(
        _ running: RunningCase, from version: Int64, in transaction: PostgresTransaction
    ) async throws {
        let turn = running.turn
        let updated = try await transaction.execute(
            """
            UPDATE cases SET version = \(running.version), stage = \(running.stage.rawValue),
                turn = \(turn?.number), step = \(turn?.step), organization_id = \(turn?.organizationId),
                role = \(turn?.role.rawValue), seat_organization_id = \(turn?.seat?.organizationId),
                seat_role = \(turn?.seat?.role.rawValue), due_at = \(turn?.due.at),
                due_calendar = \(turn?.due.calendarVersion), waiting = \(turn?.isWaiting ?? false),
                alert_at = \(running.alertAt),
                finished_at = \(running.finishedAt), document = \(try document(running))
            WHERE dossier_id = \(running.dossierId) AND version = \(version)
            """)
        guard updated == 1 else { throw VersionLost(dossierId: running.dossierId, version: version) }
    }

    /// Adds what happened; the last event bears the version of the case.
    static func record(
        _ change: CaseChange, at moment: Date, actor: String, in transaction: PostgresTransaction
    ) async throws {
        let first = change.running.version - Int64(change.events.count) + 1
        let statements: [SQL] = try change.events.enumerated().map { index, event in
            let payload = event.payload
            return """
                INSERT INTO case_history (dossier_id, version, at, type, actor, data)
                VALUES (\(change.running.dossierId), \(first + Int64(index)), \(moment), \(type(of: payload).type),
                    \(actor), \(PostgresJSON(bytes: try ContractsJSON.encode(payload))))
                """
        }
        if !statements.isEmpty { _ = try await transaction.pipeline(statements) }
    }

    /// The case of a row that holds its document.
    static func running(_ row: PostgresRow) throws -> RunningCase {
        try ContractsJSON.decode(from: row.get("document", as: PostgresJSON.self).bytes)
    }

    private static func document(_ running: RunningCase) throws -> PostgresJSON {
        PostgresJSON(bytes: try ContractsJSON.encode(running))
    }
}

/// A case was changed by somebody who did not hold its lock.
struct VersionLost: Error, CustomStringConvertible {
    let dossierId: DossierID
    let version: Int64

    var description: String { "case \(dossierId) is no longer at version \(version)" }
}
