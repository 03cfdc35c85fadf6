import Contracts
import Foundation
import Messaging
import Postgres
import SigningDomain
import Trust

/// A result without its document.
struct ResultRow: PostgresRowDecodable, Sendable {
    let id: ResultID
    let dossier: DossierID
    let documentType: String
    let version: Int
    let resultCode: ResultCode
    let storeKey: ResultStoreKey
    let number: String
    let issuer: OrganizationID
    let member: MemberID
    let title: String
    let verificationId: VerificationID
    let signedAt: Date
    let signer: String
    let signerClass: String
    let level: String
    let sha256: ContentDigest
    let size: Int64
    let force: ResultForce

    init(row: PostgresRow) throws {
        id = try row.get("id")
        dossier = try row.get("dossier_id")
        documentType = try row.get("document_type")
        version = try row.get("version")
        resultCode = try row.get("result_code")
        storeKey = try row.get("store_key")
        number = try row.get("number")
        issuer = try row.get("issuing_organization_id")
        member = try row.get("member_id")
        title = try row.get("title")
        verificationId = try row.get("verification_id")
        signedAt = try row.get("signed_at")
        signer = try row.get("signer")
        signerClass = try row.get("signer_class")
        level = try row.get("level")
        sha256 = try row.get("sha256")
        size = try row.get("size")
        // What cannot be read is not believed to be in force.
        force = ResultForce(rawValue: try row.get("force")) ?? .invalidated
    }

    static let columns: SQL = """
        id, dossier_id, document_type, version, result_code, store_key, number, issuing_organization_id, member_id,
        title, verification_id, signed_at, signer, signer_class, level, sha256, size, force
        """
}

/// Signed results as rows.
enum ResultStore {
    /// The body that asked for a result, where one did.
    static func requester(of result: ResultRow, in session: any PostgresQueryable) async throws -> OrganizationID? {
        let row = try await session.queryOptional(
            """
            SELECT (request ->> 'requestedByOrganizationId')::uuid AS body FROM jobs
            WHERE dossier_id = \(result.dossier) AND document_type = \(result.documentType)
                AND version = \(result.version)
            """)
        return try row?.get("body", as: OrganizationID?.self) ?? nil
    }

    static func insert(
        _ result: ResultIssued, register: Int, member: MemberID, title: String, template: String, signer: String,
        document: [UInt8], in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO results (id, dossier_id, document_type, version, result_code, store_key, number,
                register_number, issuing_organization_id, member_id, title, template, verification_id, signed_at,
                signer, signer_class, level, sha256, size, force, document)
            VALUES (\(result.resultId), \(result.dossierId), \(result.documentType), \(result.version),
                \(result.resultCode), \(result.storeKey), \(result.number), \(register),
                \(result.issuingOrganizationId), \(member), \(title), \(template), \(result.verificationId),
                \(result.signedAt), \(signer), \(result.signerClass.rawValue), \(result.level.rawValue),
                \(result.sha256), \(result.size), \(ResultForce.inForce.rawValue), \(document))
            """)
    }

    /// The result, or nil.
    static func read(_ id: ResultID, in session: any PostgresQueryable) async throws -> ResultRow? {
        try await session.queryOptional("SELECT \(ResultRow.columns) FROM results WHERE id = \(id)", as: ResultRow.self)
    }

    /// The signed document.
    static func document(of id: ResultID, in session: any PostgresQueryable) async throws -> [UInt8] {
        try await session.queryOne("SELECT document FROM results WHERE id = \(id)").get("document")
    }

    /// The document of a verification identifier, with what its verification needs; nil when there is none.
    static func sealed(_ id: VerificationID, in session: any PostgresQueryable) async throws -> SealedDocument? {
        try await session.queryOptional(
            "SELECT document, sha256, signed_at, force FROM results WHERE verification_id = \(id)",
            as: SealedDocument.self)
    }
}

/// A stored document and what was noted when it was signed.
struct SealedDocument: PostgresRowDecodable, Sendable {
    let document: [UInt8]
    let signedAt: Date
    let force: ResultForce
    /// Whether the hash beside it is still its own.
    let hasItsHash: Bool

    init(row: PostgresRow) throws {
        document = try row.get("document")
        signedAt = try row.get("signed_at")
        force = ResultForce(rawValue: try row.get("force")) ?? .invalidated
        hasItsHash = Digest.sha256(document).hex == (try row.get("sha256", as: String.self))
    }
}
