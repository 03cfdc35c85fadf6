import Contracts
import Foundation
import Logging
import Messaging
import Metrics
import Postgres
import Projections
import ServiceKit
import SigningDocuments
import SigningDomain
import Trust

/// Makes documents of receipts, when no result waits: drawing, seal, row and event in the job's own transaction.
///
/// Names stand in the document alone; rows, events and logs have ids.
struct ReceiptWork: Sendable {
    let kit: ServiceContext
    let directory: DirectoryProjection
    let sealing: Sealing
    let schedule: RetrySchedule
    /// Where anybody reaches the service, without a slash at its end.
    let address: String

    /// Does one job; false when none waits.
    func step() async throws -> Bool {
        try await kit.pool.transaction { transaction in
            let now = kit.time.now
            guard let job = try await ReceiptStore.take(now: now, in: transaction) else { return false }
            switch job.request {
            case .success(let request):
                let failed = try await FailedAttempt.of(transaction) { try await issue(request, job, in: transaction) }
                if let failed {
                    try await fail(job, failed, in: transaction)
                } else {
                    try await ReceiptStore.finish(job, .issued, now: now, in: transaction)
                    note("issued")
                }
            case .failure(let cause):
                // It would be the first to be taken for ever: it makes way, and a person is called. It can be asked for
                // again meanwhile.
                try await ReceiptStore.finish(
                    job, .unreadable, reason: "request-unreadable", now: now, in: transaction)
                try await announce("request-unreadable", of: job, isFinal: true, in: transaction)
                kit.logger.error(
                    "the request of a receipt cannot be read and was set aside",
                    metadata: ["receipt": "\(job.receiptId)", "error": "\(cause)"])
                note("request-unreadable")
            }
            return true
        }
    }

    private func issue(
        _ request: ReceiptDocumentRequested, _ job: ReceiptJob, in transaction: PostgresTransaction
    ) async throws {
        let now = kit.time.now
        let (identity, signerClass) = try await sealing.seals.seal(at: now)
        guard let issuer = try await directory.organization(request.issuingOrganizationId, in: transaction) else {
            throw JobFailure.ofSurroundings("issuer-unknown")
        }
        var superior: OrganizationState?
        if let parent = issuer.parentId { superior = try await directory.organization(parent, in: transaction) }
        let verification = VerificationID.make()
        let signer = identity.certificate.subject.commonName ?? issuer.name
        let drawn = ReceiptDocument(
            request, issuer: issuer, superior: superior, names: try await names(of: request, in: transaction),
            signer: signer, verification: verification, address: "\(address)/v1/verify/\(verification)", at: now)
        let document = try await sealing.sealed(
            drawn.content, by: identity, signer: signer, act: "Cấp biên lai", verification: verification, at: now)
        let issued = ReceiptDocumentIssued(
            receiptId: request.receiptId, number: request.number, issuingOrganizationId: issuer.organizationId,
            signedAt: now, sha256: try ContentDigest(Digest.sha256(document).hex), size: Int64(document.count),
            verificationId: verification, signerClass: signerClass, level: .basic)
        try await ReceiptStore.insert(
            issued, template: ReceiptDocument.template, signer: signer, document: document, in: transaction)
        let version = try await ReceiptStore.countEvent(of: request.receiptId, in: transaction)
        try await kit.outbox.append(
            issued, key: request.receiptId.value, version: version, context: context(of: job), in: transaction)
        try await kit.audit.record(
            "receipt.sealed", subject: "\(request.receiptId)", actor: "service:signing",
            details: ["sha256": issued.sha256.text], in: transaction)
    }

    private func names(
        of request: ReceiptDocumentRequested, in transaction: PostgresTransaction
    ) async throws -> [MemberID: String] {
        let members = Set(request.lines.map(\.memberId) + [request.payerMemberId].compactMap(\.self)).sorted()
        let answers = try await transaction.pipeline(members.map { DirectoryProjection.asking(of: $0) })
        var names: [MemberID: String] = [:]
        for answer in answers {
            guard let member = try DirectoryProjection.member(answer) else { continue }
            names[member.memberId] = member.fullName
        }
        guard names.count == members.count else { throw JobFailure.ofSurroundings("member-unknown") }
        return names
    }

    private func fail(_ job: ReceiptJob, _ failed: FailedAttempt, in transaction: PostgresTransaction) async throws {
        let now = kit.time.now
        let reason = failed.failure.reason
        switch schedule.consequence(of: failed.failure, attempt: job.attempts + 1, now: now) {
        case .giveUp:
            try await ReceiptStore.finish(job, .failed, reason: reason, now: now, in: transaction)
            try await announce(reason, of: job, isFinal: true, in: transaction)
        case .retry(let moment, let announced):
            try await ReceiptStore.postpone(job, to: moment, reason: reason, in: transaction)
            if announced { try await announce(reason, of: job, isFinal: false, in: transaction) }
        }
        kit.logger.warning(
            "a receipt could not be sealed",
            metadata: [
                "receipt": "\(job.receiptId)", "reason": "\(reason)", "attempt": "\(job.attempts + 1)",
                "error": "\(failed.cause)",
            ])
        note(reason)
    }

    private func announce(
        _ reason: String, of job: ReceiptJob, isFinal: Bool, in transaction: PostgresTransaction
    ) async throws {
        let version = try await ReceiptStore.countEvent(of: job.receiptId, in: transaction)
        let event = ReceiptDocumentFailed(
            receiptId: job.receiptId, attempt: job.attempt, reason: reason, final: isFinal, failedAt: kit.time.now)
        try await kit.outbox.append(
            event, key: job.receiptId.value, version: version, context: context(of: job), in: transaction)
    }

    private func context(of job: ReceiptJob) -> EventContext {
        EventContext(now: kit.time.now, traceparent: job.traceparent, ids: kit.ids)
    }

    private func note(_ outcome: String) {
        Counter(label: "signing.receipts", dimensions: [("outcome", outcome)]).increment()
    }
}
