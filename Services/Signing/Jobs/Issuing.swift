import Contracts
import Foundation
import Messaging
import Postgres
import Projections
import ServiceKit
import SigningDomain
import Trust

/// Makes a result of a job: number, drawing, signature, row and event, all in the job's own transaction.
///
/// What fails before the commit leaves nothing: the number is given back, and a signature that nobody saw is none.
struct Issuing: Sendable {
    let kit: ServiceContext
    let directory: DirectoryProjection
    let sealing: Sealing
    /// Where anybody reaches the service, without a slash at its end.
    let address: String

    /// Issues the result; throws `JobFailure`, or an error of the database.
    func issue(_ job: TakenJob, in transaction: PostgresTransaction) async throws -> ResultIssued {
        let request = job.request
        let now = kit.time.now
        // Before anything is drawn or locked: without a seal there is nothing to do.
        let (identity, signerClass) = try await sealing.seals.seal(at: now)
        guard let issuer = try await directory.organization(request.issuingOrganizationId, in: transaction) else {
            throw JobFailure.ofSurroundings("issuer-unknown")
        }
        var superior: OrganizationState?
        if let parent = issuer.parentId { superior = try await directory.organization(parent, in: transaction) }
        let counted = try await RegisterStore.countResult(of: request.dossierId, in: transaction)
        let register = try await RegisterStore.draw(of: issuer.organizationId, request.documentType, in: transaction)
        let codes = try codes(of: request, issuer: issuer, register: register, ordinal: counted.ordinal)
        let verification = VerificationID.make()
        let signer = identity.certificate.subject.commonName ?? issuer.name
        let drawn = ResultDocument(
            request, codes: codes, issuer: issuer, superior: superior, signer: signer, verification: verification,
            address: "\(address)/v1/verify/\(verification)", at: now)
        let document = try await sealing.sealed(
            drawn.content, by: identity, signer: signer, act: "Ban hành kết quả", verification: verification, at: now)
        let result = ResultIssued(
            dossierId: request.dossierId, resultId: kit.ids.next(at: now), resultCode: codes.resultCode,
            storeKey: codes.storeKey, documentType: request.documentType, version: request.version,
            number: codes.number.description, issuingOrganizationId: issuer.organizationId, signedAt: now,
            sha256: try ContentDigest(Digest.sha256(document).hex), size: Int64(document.count),
            verificationId: verification, signerClass: signerClass, level: .basic)
        try await ResultStore.insert(
            result, register: register, member: request.memberId, title: request.content.title,
            template: drawn.template.name, signer: signer, document: document, in: transaction)
        let context = EventContext(now: now, traceparent: job.traceparent, ids: kit.ids)
        try await kit.outbox.append(
            result, key: request.dossierId.value, version: counted.version, context: context, in: transaction)
        try await kit.audit.record(
            "result.issued", subject: "\(result.resultId)", actor: "service:signing",
            details: ["sha256": result.sha256.text, "storeKey": result.storeKey.text], in: transaction)
        return result
    }

    private func codes(
        of request: CaseResultRequested, issuer: OrganizationState, register: Int, ordinal: Int
    ) throws(JobFailure) -> ResultCodes {
        do throws(InvalidValue) {
            return try ResultCodes(
                issuer: issuer, documentType: request.documentType, register: register, dossier: request.dossierCode,
                ordinal: ordinal)
        } catch {
            throw .ofRequest(error.rule.replacing(".", with: "-"))
        }
    }
}
