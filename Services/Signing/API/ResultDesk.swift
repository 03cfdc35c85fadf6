import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Projections
import ServiceKit
import SigningDomain

/// Where those entitled find signed results. Each access leaves a trace (article 19).
struct ResultDesk: Sendable {
    let kit: ServiceContext
    let directory: DirectoryProjection
    /// Where anybody reaches the service, without a slash at its end.
    let address: String
    let trust: SealTrust

    func addResults(to router: Router<HosoRequestContext>) {
        router.get("/v1/results/:id") { _, context in
            try await answer(context, action: "result.viewed") { row, transaction in
                let issuer = try await directory.organization(row.issuer, in: transaction)
                return try Reply.json(.ok, ResultView(row, issuer: issuer, address: address))
            }
        }
        router.get("/v1/results/:id/document") { _, context in
            try await answer(context, action: "result.document-read") { row, transaction in
                Reply(
                    .ok, headers: Self.headers(of: row.verificationId, sha256: row.sha256.text),
                    body: try await ResultStore.document(of: row.id, in: transaction))
            }
        }
    }

    /// Answers with what the closure makes of the result, if the caller may see it.
    private func answer(
        _ context: HosoRequestContext, action: String,
        _ make: (ResultRow, PostgresTransaction) async throws -> Reply
    ) async throws -> Reply {
        let member = try context.requireMember()
        guard let id = context.parameters.get("id").flatMap(ResultID.init) else { throw Problem.notFound }
        return try await kit.pool.transaction { transaction in
            guard let row = try await ResultStore.read(id, in: transaction) else { throw Problem.notFound }
            if member.id != row.member { try await requireOfficer(member.id, of: row, in: transaction) }
            try await kit.audit.record(action, subject: "\(id)", actor: "\(member.id)", in: transaction)
            return try await make(row, transaction)
        }
    }

    private func requireOfficer(
        _ member: MemberID, of row: ResultRow, in transaction: PostgresTransaction
    ) async throws {
        let bodies = try await [row.issuer, ResultStore.requester(of: row, in: transaction)]
        try kit.requireFresh(DirectoryProjection.consumerName(of: kit.service))
        let roles = try await directory.roles(of: member, at: kit.time.now, in: transaction)
        guard roles.contains(where: { bodies.contains($0.organizationId) && Self.readers.contains($0.role) }) else {
            throw Problem.forbidden.with(
                vietnamese: "Đồng chí không có vai trò đối với kết quả này.",
                english: "You hold no role for this result.")
        }
    }

    /// The roles that read results; those of administration and support never do.
    private static let readers: Set<RoleName> = [
        .cellSecretary, .cellDeputy, .organisationOfficer, .officeOfficer, .committeeSigner, .inspector, .auditor,
    ]

    /// The headers of a sealed document.
    static func headers(of id: VerificationID, sha256: String) -> HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = "application/pdf"
        headers[.contentDisposition] = "inline; filename=\"\(id).pdf\""
        headers[.eTag] = "\"\(sha256)\""
        headers[.cacheControl] = "private, no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return headers
    }
}

/// A result as those entitled see it.
struct ResultView: Encodable {
    struct Organization: Encodable {
        let id: OrganizationID
        let code: OrganizationCode?
        let name: String?
    }

    struct Links: Encodable {
        let document: String
        let verification: String
    }

    let resultId: ResultID
    let resultCode: ResultCode
    let storeKey: ResultStoreKey
    let dossierId: DossierID
    let documentType: String
    let version: Int
    let title: String
    let number: String
    let memberId: MemberID
    let issuingOrganization: Organization
    let signedAt: Date
    let signer: String
    let signerClass: String
    let level: String
    let sha256: ContentDigest
    let size: Int64
    let force: ResultForce
    let verificationId: VerificationID
    let links: Links

    init(_ row: ResultRow, issuer: OrganizationState?, address: String) {
        resultId = row.id
        resultCode = row.resultCode
        storeKey = row.storeKey
        dossierId = row.dossier
        documentType = row.documentType
        version = row.version
        title = row.title
        number = row.number
        memberId = row.member
        issuingOrganization = Organization(id: row.issuer, code: issuer?.code, name: issuer?.name)
        signedAt = row.signedAt
        signer = row.signer
        signerClass = row.signerClass
        level = row.level
        sha256 = row.sha256
        size = row.size
        force = row.force
        verificationId = row.verificationId
        links = Links(
            document: "\(address)/v1/results/\(row.id)/document",
            verification: "\(address)/v1/verify/\(row.verificationId)")
    }
}
