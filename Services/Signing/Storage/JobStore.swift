import Contracts
import Foundation
import Messaging
import Postgres
import SigningDomain

/// Which job: what keeps one request from becoming two documents.
struct JobKey: PostgresRowDecodable, Sendable {
    let dossierId: DossierID
    let documentType: String
    let version: Int
    let issuingOrganizationId: OrganizationID
    let traceparent: String?
    /// How often it was tried before.
    let attempts: Int

    init(row: PostgresRow) throws {
        dossierId = try row.get("dossier_id")
        documentType = try row.get("document_type")
        version = try row.get("version")
        issuingOrganizationId = try row.get("issuing_organization_id")
        traceparent = try row.get("traceparent")
        attempts = try row.get("attempts")
    }
}

/// A job that somebody took.
struct TakenJob: Sendable {
    let key: JobKey
    let request: CaseResultRequested

    var traceparent: String? { key.traceparent }
    var attempts: Int { key.attempts }
}

/// What was found when a job was taken.
enum Taking: Sendable {
    case job(TakenJob)
    /// What was asked for does not decode, and why.
    case unreadable(JobKey, any Error)
}

/// Signature jobs as rows.
enum JobStore {
    /// Keeps a request; one that is there already changes nothing.
    ///
    /// - Returns: whether it is new.
    static func add(
        _ request: CaseResultRequested, traceparent: String?, now: Date, in transaction: PostgresTransaction
    ) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO dossiers (dossier_id, dossier_code, member_id)
            VALUES (\(request.dossierId), \(request.dossierCode), \(request.memberId)) ON CONFLICT DO NOTHING
            """)
        let added = try await transaction.execute(
            """
            INSERT INTO jobs (dossier_id, document_type, version, issuing_organization_id, request, traceparent, state,
                next_attempt_at, requested_at)
            VALUES (\(request.dossierId), \(request.documentType), \(request.version),
                \(request.issuingOrganizationId), \(PostgresJSON(bytes: try ContractsJSON.encode(request))),
                \(traceparent), \(JobState.waiting.rawValue), \(now), \(request.requestedAt))
            ON CONFLICT DO NOTHING
            """)
        return added == 1
    }

    /// Takes the job that has waited longest, with its row lock; what another worker holds is passed over, so that no
    /// two sign the same.
    static func take(now: Date, in transaction: PostgresTransaction) async throws -> Taking? {
        let row = try await transaction.queryOptional(
            """
            SELECT * FROM jobs WHERE state = 'waiting' AND next_attempt_at <= \(now)
            ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
            """)
        guard let row else { return nil }
        let key = try JobKey(row: row)
        let request = try row.get("request", as: PostgresJSON.self)
        do {
            return .job(TakenJob(key: key, request: try ContractsJSON.decode(from: request.bytes)))
        } catch {
            return .unreadable(key, error)
        }
    }

    /// The job came to its end.
    static func finish(
        _ job: JobKey, _ state: JobState, reason: String? = nil, now: Date, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE jobs SET state = \(state.rawValue), attempts = \(job.attempts + 1), reason = \(reason),
                finished_at = \(now) WHERE \(isJob(job))
            """)
    }

    /// The job is tried again.
    static func postpone(
        _ job: JobKey, to moment: Date, reason: String, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE jobs SET attempts = \(job.attempts + 1), next_attempt_at = \(moment), reason = \(reason)
            WHERE \(isJob(job))
            """)
    }

    private static func isJob(_ job: JobKey) -> SQL {
        "dossier_id = \(job.dossierId) AND document_type = \(job.documentType) AND version = \(job.version)"
    }
}
