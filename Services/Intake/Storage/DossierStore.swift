import Contracts
import Foundation
import IntakeDomain
import Messaging
import Postgres

/// A dossier as a row.
struct DossierRow: PostgresRowDecodable, Sendable {
    let id: DossierID
    let code: DossierCode
    let procedure: ProcedureCode
    let procedureVersion: Int
    let applicant: MemberID
    let enteredBy: MemberID
    let receivingOrganization: OrganizationID
    let receivedAt: Date
    let acknowledgedAt: Date
    let deadline: Deadline
    let status: DossierStatus

    init(row: PostgresRow) throws {
        id = try row.get("id")
        code = try row.get("code")
        procedure = try row.get("procedure")
        procedureVersion = try row.get("procedure_version")
        applicant = try row.get("applicant_member_id")
        enteredBy = try row.get("entered_by_member_id")
        receivingOrganization = try row.get("receiving_organization_id")
        receivedAt = try row.get("received_at")
        acknowledgedAt = try row.get("acknowledged_at")
        deadline = Deadline(
            at: try row.get("deadline_at"), calendarVersion: try row.get("deadline_calendar"),
            provisional: try row.get("deadline_provisional"))
        // A status of a later version is shown as what every version knows.
        status = DossierStatus(rawValue: try row.get("status")) ?? .inProgress
    }

    /// All columns of a dossier but its form.
    static let columns: SQL = """
        id, code, procedure, procedure_version, applicant_member_id, entered_by_member_id, receiving_organization_id,
        received_at, acknowledged_at, deadline_at, deadline_calendar, deadline_provisional, status
        """
}

/// Dossiers as rows.
enum DossierStore {
    /// Whether a dossier of a procedure is being handled for a member.
    static func hasOpen(
        _ procedure: ProcedureCode, of applicant: MemberID, in session: any PostgresQueryable
    ) async throws -> Bool {
        let over = DossierStatus.allCases.filter(\.isFinal).map(\.rawValue)
        return try await session.queryOne(
            """
            SELECT EXISTS (
                SELECT 1 FROM dossiers
                WHERE applicant_member_id = \(applicant) AND procedure = \(procedure) AND status <> ALL (\(over))
            ) AS found
            """
        ).get("found")
    }

    /// Keeps a new dossier.
    static func insert(_ dossier: DossierSubmitted, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO dossiers (id, code, procedure, procedure_version, applicant_member_id, entered_by_member_id,
                receiving_organization_id, received_at, acknowledged_at, deadline_at, deadline_calendar,
                deadline_provisional, form, version, status)
            VALUES (\(dossier.dossierId), \(dossier.code), \(dossier.procedure), \(dossier.procedureVersion),
                \(dossier.applicantMemberId), \(dossier.enteredByMemberId), \(dossier.receivingOrganizationId),
                \(dossier.receivedAt), \(dossier.acknowledgedAt), \(dossier.deadline.at),
                \(dossier.deadline.calendarVersion), \(dossier.deadline.provisional),
                \(PostgresJSON(bytes: try ContractsJSON.encode(dossier.form))), 1, \(DossierStatus.received.rawValue))
            """)
    }

    /// The dossier, or nil.
    static func read(_ id: DossierID, in session: any PostgresQueryable) async throws -> DossierRow? {
        try await session.queryOptional(
            "SELECT \(DossierRow.columns) FROM dossiers WHERE id = \(id)", as: DossierRow.self)
    }

    /// The dossier with its row lock, and the number of events that were told of it; nil when there is none.
    static func lock(
        _ id: DossierID, in transaction: PostgresTransaction
    ) async throws -> (dossier: DossierRow, version: Int64)? {
        try await transaction.queryOptional(
            "SELECT \(DossierRow.columns), version FROM dossiers WHERE id = \(id) FOR UPDATE"
        ).map { (try DossierRow(row: $0), try $0.get("version")) }
    }

    /// Counts the events told of a locked dossier.
    static func count(to version: Int64, of id: DossierID, in transaction: PostgresTransaction) async throws {
        try await transaction.execute("UPDATE dossiers SET version = \(version) WHERE id = \(id)")
    }

    /// The form as it was submitted.
    static func form(of id: DossierID, in session: any PostgresQueryable) async throws -> JSONValue {
        let row = try await session.queryOne("SELECT form FROM dossiers WHERE id = \(id)")
        return try ContractsJSON.decode(from: row.get("form", as: PostgresJSON.self).bytes)
    }

    /// The dossiers that a member submitted or that are about him, the newest first.
    static func page(
        of member: MemberID, before id: DossierID?, limit: Int, in session: any PostgresQueryable
    ) async throws -> [DossierRow] {
        let before: SQL = if let id { "AND id < \(id)" } else { "" }
        return try await session.query(
            """
            SELECT \(DossierRow.columns) FROM dossiers WHERE id IN (
                (SELECT id FROM dossiers WHERE applicant_member_id = \(member) \(before) ORDER BY id DESC LIMIT \(limit))
                UNION
                (SELECT id FROM dossiers WHERE entered_by_member_id = \(member) \(before) ORDER BY id DESC LIMIT \(limit)))
            ORDER BY id DESC LIMIT \(limit)
            """, as: DossierRow.self)
    }
}
