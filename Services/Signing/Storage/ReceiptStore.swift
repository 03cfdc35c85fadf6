import Contracts
import Foundation
import Messaging
import Postgres
import SigningDomain
import Trust

/// The job of a receipt that somebody took.
struct ReceiptJob: PostgresRowDecodable, Sendable {
    let receiptId: ReceiptID
    /// How often Dues asked.
    let attempt: Int
    /// How often it was tried before.
    let attempts: Int
    let traceparent: String?
    /// What was asked for, or why it cannot be read.
    let request: Result<ReceiptDocumentRequested, any Error>

    init(row: PostgresRow) throws {
        receiptId = try row.get("receipt_id")
        attempt = try row.get("attempt")
        attempts = try row.get("attempts")
        traceparent = try row.get("traceparent")
        let bytes = try row.get("request", as: PostgresJSON.self).bytes
        request = Result { try ContractsJSON.decode(from: bytes) }
    }
}

/// Receipts as rows: what was asked for, what was sealed, and what went back.
enum ReceiptStore {
    /// Keeps a request. One that is there already changes nothing, unless it failed for good and is asked for again.
    ///
    /// - Returns: whether there is something to do.
    static func add(
        _ request: ReceiptDocumentRequested, traceparent: String?, now: Date, in transaction: PostgresTransaction
    ) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO receipts AS r (receipt_id, issuing_organization_id, attempt, request, traceparent, state,
                next_attempt_at, requested_at)
            VALUES (\(request.receiptId), \(request.issuingOrganizationId), \(request.attempt),
                \(PostgresJSON(bytes: try ContractsJSON.encode(request))), \(traceparent),
                \(JobState.waiting.rawValue), \(now), \(request.requestedAt))
            ON CONFLICT (receipt_id) DO UPDATE SET attempt = excluded.attempt, request = excluded.request,
                traceparent = excluded.traceparent, state = excluded.state, attempts = 0, reason = NULL,
                next_attempt_at = excluded.next_attempt_at, requested_at = excluded.requested_at, finished_at = NULL
            WHERE r.state IN (\(JobState.failed.rawValue), \(JobState.unreadable.rawValue)) AND r.attempt < excluded.attempt
            """) == 1
    }

    /// Takes the job that has waited longest, with its row lock; what another worker holds is passed over.
    static func take(now: Date, in transaction: PostgresTransaction) async throws -> ReceiptJob? {
        try await transaction.queryOptional(
            """
            SELECT * FROM receipts WHERE state = 'waiting' AND next_attempt_at <= \(now)
            ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
            """, as: ReceiptJob.self)
    }

    /// The job came to its end.
    static func finish(
        _ job: ReceiptJob, _ state: JobState, reason: String? = nil, now: Date, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE receipts SET state = \(state.rawValue), attempts = \(job.attempts + 1), reason = \(reason),
                finished_at = \(now) WHERE receipt_id = \(job.receiptId)
            """)
    }

    /// The job is tried again.
    static func postpone(
        _ job: ReceiptJob, to moment: Date, reason: String, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE receipts SET attempts = \(job.attempts + 1), next_attempt_at = \(moment), reason = \(reason)
            WHERE receipt_id = \(job.receiptId)
            """)
    }

    /// Counts one more event of a receipt.
    static func countEvent(of receipt: ReceiptID, in transaction: PostgresTransaction) async throws -> Int64 {
        try await transaction.queryOne(
            "UPDATE receipts SET version = version + 1 WHERE receipt_id = \(receipt) RETURNING version"
        ).get("version")
    }

    static func insert(
        _ issued: ReceiptDocumentIssued, template: String, signer: String, document: [UInt8],
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO receipt_documents (receipt_id, template, verification_id, signed_at, signer, signer_class,
                level, sha256, size, document)
            VALUES (\(issued.receiptId), \(template), \(issued.verificationId), \(issued.signedAt), \(signer),
                \(issued.signerClass.rawValue), \(issued.level.rawValue), \(issued.sha256), \(issued.size),
                \(document))
            """)
    }

    /// Notes that money went back; a second time changes nothing.
    static func correct(_ correction: ReceiptCorrected, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO receipt_corrections (refund_id, receipt_id, force, remaining, corrected_at)
            VALUES (\(correction.refundId), \(correction.receiptId), \(ReceiptForce(correction).rawValue),
                \(correction.remaining), \(correction.correctedAt)) ON CONFLICT DO NOTHING
            """)
    }

    /// The sealed receipt, or nil while there is none.
    static func sealed(_ id: ReceiptID, in session: any PostgresQueryable) async throws -> SealedReceipt? {
        try await sealed(where: "d.receipt_id = \(id)", in: session)
    }

    /// The sealed receipt of a verification identifier; nil when there is none.
    static func sealed(_ id: VerificationID, in session: any PostgresQueryable) async throws -> SealedReceipt? {
        try await sealed(where: "d.verification_id = \(id)", in: session)
    }

    private static func sealed(
        where condition: SQL, in session: any PostgresQueryable
    ) async throws -> SealedReceipt? {
        try await session.queryOptional(
            """
            SELECT r.request, d.verification_id, d.signed_at, d.sha256, d.document,
                (SELECT c.force FROM receipt_corrections c WHERE c.receipt_id = r.receipt_id
                    ORDER BY c.remaining LIMIT 1) AS force
            FROM receipt_documents d JOIN receipts r USING (receipt_id) WHERE \(condition)
            """, as: SealedReceipt.self)
    }
}

/// A stored receipt, what it was made of, and what was noted when it was sealed.
struct SealedReceipt: PostgresRowDecodable, Sendable {
    let request: ReceiptDocumentRequested
    let verificationId: VerificationID
    let signedAt: Date
    let sha256: String
    let document: [UInt8]
    let force: ReceiptForce

    init(row: PostgresRow) throws {
        request = try ContractsJSON.decode(from: try row.get("request", as: PostgresJSON.self).bytes)
        verificationId = try row.get("verification_id")
        signedAt = try row.get("signed_at")
        sha256 = try row.get("sha256")
        document = try row.get("document")
        // What cannot be read is not believed to be in force.
        force = try row.get("force", as: String?.self).map { ReceiptForce(rawValue: $0) ?? .refunded } ?? .inForce
    }

    /// Whether the hash beside it is still its own.
    var hasItsHash: Bool { Digest.sha256(document).hex == sha256 }
}
