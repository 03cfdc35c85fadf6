public import Foundation

/// A result was signed, registered and stored.
public struct ResultIssued: EventPayload, Hashable {
    public static let type = "hoso.result.issued.v1"
    public static let topic = TopicCatalogue.results

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The result.
    public let resultId: ResultID
    /// The code of the document; personal data when it bears a personal ID.
    public let resultCode: ResultCode
    /// The key in the data store.
    public let storeKey: ResultStoreKey
    /// The code of the kind of document.
    public let documentType: String
    /// The version that was requested.
    public let version: Int
    /// The number and symbol in the register.
    public let number: String
    /// Who issued it.
    public let issuingOrganizationId: OrganizationID
    /// When it was signed.
    public let signedAt: Date
    /// The digest of the signed document.
    public let sha256: ContentDigest
    /// Its size in bytes.
    public let size: Int64
    /// By which anyone verifies it.
    public let verificationId: VerificationID
    /// Under which root of trust the signer stands.
    public let signerClass: SignerClass
    /// The level of the signature.
    public let level: SignatureLevel

    public init(
        dossierId: DossierID, resultId: ResultID, resultCode: ResultCode, storeKey: ResultStoreKey,
        documentType: String, version: Int, number: String, issuingOrganizationId: OrganizationID, signedAt: Date,
        sha256: ContentDigest, size: Int64, verificationId: VerificationID, signerClass: SignerClass,
        level: SignatureLevel
    ) {
        self.dossierId = dossierId
        self.resultId = resultId
        self.resultCode = resultCode
        self.storeKey = storeKey
        self.documentType = documentType
        self.version = version
        self.number = number
        self.issuingOrganizationId = issuingOrganizationId
        self.signedAt = signedAt
        self.sha256 = sha256
        self.size = size
        self.verificationId = verificationId
        self.signerClass = signerClass
        self.level = level
    }
}

/// A result could not be signed.
public struct ResultFailed: EventPayload, Hashable {
    public static let type = "hoso.result.failed.v1"
    public static let topic = TopicCatalogue.results

    /// The dossier; also the key.
    public let dossierId: DossierID
    /// The code of the kind of document.
    public let documentType: String
    /// The version that was requested.
    public let version: Int
    /// Who was to issue it.
    public let issuingOrganizationId: OrganizationID
    /// Why, as a stable name.
    public let reason: String
    /// Whether it needs a new request.
    public let final: Bool
    /// When.
    public let failedAt: Date

    public init(
        dossierId: DossierID, documentType: String, version: Int, issuingOrganizationId: OrganizationID,
        reason: String, final: Bool, failedAt: Date
    ) {
        self.dossierId = dossierId
        self.documentType = documentType
        self.version = version
        self.issuingOrganizationId = issuingOrganizationId
        self.reason = reason
        self.final = final
        self.failedAt = failedAt
    }
}
