import Dispatch

/// A private key that can sign, and the certificate that says whose it is.
///
/// The key itself stays where it is, in OpenSSL or in the token; nothing here reads it out.
public final class SigningIdentity: Sendable {
    /// The signer's certificate.
    public let certificate: Certificate
    /// The certificates above it, nearest first, as far as they are known; the root may be missing.
    public let chain: [Certificate]

    private let key: any PrivateKey
    /// A token can take long or hang: its calls run here, never on the threads of Swift's own pool.
    private let thread = DispatchQueue(label: "vn.hoso.trust.signing")

    /// Takes over a key; throws when it is too weak or is not the certificate's.
    init(key: any PrivateKey, certificate: Certificate, chain: [Certificate]) throws(TrustError) {
        guard certificate.isStrongEnough else { throw certificate.tooWeak }
        try key.checkBelongs(to: certificate)
        self.key = key
        self.certificate = certificate
        self.chain = chain
    }

    /// Signs bytes with SHA-256 under the key: RSA PKCS #1 v1.5, or ECDSA in DER.
    ///
    /// Blocks while a token works; from asynchronous code call `signature(of:)`.
    public func sign(_ bytes: [UInt8]) throws(TrustError) -> [UInt8] { try key.signature(of: bytes) }

    /// Signs like `sign`, on a thread of this identity's own; signatures are made one after the other.
    public func signature(of bytes: [UInt8]) async throws(TrustError) -> [UInt8] {
        let result: Result<[UInt8], TrustError> = await withCheckedContinuation { continuation in
            thread.async {
                do throws(TrustError) {
                    continuation.resume(returning: .success(try self.sign(bytes)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}

/// A key that signs without being seen.
protocol PrivateKey: Sendable {
    /// Signs with SHA-256: RSA PKCS #1 v1.5, or ECDSA in DER.
    func signature(of bytes: [UInt8]) throws(TrustError) -> [UInt8]
    /// Throws `.keyMismatch` when the certificate certifies another key.
    func checkBelongs(to certificate: Certificate) throws(TrustError)
}

extension PrivateKey {
    /// Lets the key sign something random and asks the certificate.
    func checkBelongs(to certificate: Certificate) throws(TrustError) {
        let challenge = try SecureRandom.bytes(32)
        guard try certificate.verifies(signature(of: challenge), of: challenge) else {
            throw TrustError(.keyMismatch, "the private key does not belong to the certificate")
        }
    }
}
