import Contracts
import Foundation
import Messaging
import Postgres
import SigningDomain

/// A job that somebody took.
struct TakenJob: Sendable {
    let request: CaseResultRequested
    let traceparent: String?
    /// How often it was tried before.
    let attempts: Int
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
    static func take(now: Date, in transaction: PostgresTransaction) async throws -> TakenJob? {
        let row = try await transaction.queryOptional(
            """
            SELECT request, traceparent, attempts FROM jobs WHERE state = 'waiting' AND next_attempt_at <= \(now)
            ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
            """)
        guard let row else { return nil }
        return TakenJob(
            request: try ContractsJSON.decode(from: row.get("request", as: PostgresJSON.self).bytes),
            traceparent: try row.get("traceparent"), attempts: try row.get("attempts"))
    }

    /// The job came to its end.
    static func finish(
        _ job: TakenJob, _ state: JobState, reason: String? = nil, now: Date, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE jobs SET state = \(state.rawValue), attempts = \(job.attempts + 1), reason = \(reason),
                finished_at = \(now) WHERE \(key(job))
            """)
    }

    /// The job is tried again.
    static func postpone(
        _ job: TakenJob, to moment: Date, reason: String, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE jobs SET attempts = \(job.attempts + 1), next_attempt_at = \(moment), reason = \(reason)
            WHERE \(key(job))
            """)
    }

    private static func key(_ job: TakenJob) -> SQL {
        """
        dossier_id = \(job.request.dossierId) AND document_type = \(job.request.documentType)
            AND version = \(job.request.version)
        """
    }
}
