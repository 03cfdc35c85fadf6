public import Foundation

/// Cryptographic Message Syntax (RFC 5652): detached signatures as CAdES and PAdES want them.
public enum CMS {
    /// Signs content without putting it into the signature; the result is DER.
    ///
    /// Signed attributes: content type, message digest (SHA-256), signing certificate (ESS, version 2), and the signing
    /// time only where given: PAdES forbids it, because the PDF states the time itself.
    ///
    /// - Parameters:
    ///   - content: What is signed.
    ///   - identity: Who signs. A token is waited for: asynchronous code calls `SigningIdentity.signDetached`.
    ///   - signingTime: The time to state inside the signature.
    ///   - now: The moment at which the certificate must be usable, or `.certificateUnusable` is thrown.
    public static func signDetached(
        _ content: [UInt8], identity: SigningIdentity, signingTime: Date? = nil, at now: Date
    ) throws(TrustError) -> [UInt8] {
        try identity.certificate.checkUsableForSigning(at: now)
        let draft = Draft(
            contentDigest: Digest.sha256(content), certificate: identity.certificate, chain: identity.chain,
            signingTime: signingTime)
        return try draft.completed(with: identity.sign(draft.bytesToSign))
    }
}

extension SigningIdentity {
    /// Signs content like `CMS.signDetached`, waiting for the key on a thread of its own.
    public func signDetached(
        _ content: [UInt8], signingTime: Date? = nil, at now: Date
    ) async throws(TrustError) -> [UInt8] {
        try certificate.checkUsableForSigning(at: now)
        let draft = CMS.Draft(
            contentDigest: Digest.sha256(content), certificate: certificate, chain: chain, signingTime: signingTime)
        return try draft.completed(with: await signature(of: draft.bytesToSign))
    }
}
