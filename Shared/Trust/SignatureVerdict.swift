public import Foundation

/// What was found about one signature.
public struct SignatureVerdict: Sendable, Hashable {
    /// What is wrong with a signature; each has its own sentence for the person who asks.
    public enum Fault: Sendable, Hashable {
        /// The content is not what was signed.
        case contentChanged
        /// The signature itself does not hold: another key made it, or it was changed.
        case signatureBroken
        /// The signer's certificate does not travel along.
        case signerCertificateMissing
        /// The signature does not name its certificate, or names another one (ESS signing certificate).
        case signerCertificateNotBound
        /// The hash is one that is not accepted any more, by its name.
        case weakDigest(String)
        /// The signer's certificate is not accepted.
        case certificate(CertificateFault)
    }

    /// The signer's certificate.
    public let certificate: Certificate?
    /// The time that the signer states; nobody else vouches for it.
    public let claimedTime: Date?
    /// The chain to the believed root, the signer's certificate first; empty when there is none.
    public let chain: [Certificate]
    /// What kind of root the signer stands under.
    public let rootClass: TrustAnchors.RootClass?
    /// What is wrong; nothing when the signature is valid.
    public let faults: [Fault]

    /// Whether the content is unchanged, the signature holds and its signer is trusted.
    public var isValid: Bool { faults.isEmpty }
    /// Whether the content is unchanged and the signature holds, whoever signed.
    public var isIntact: Bool {
        !faults.contains { fault in
            switch fault {
            case .contentChanged, .signatureBroken, .signerCertificateMissing: true
            case .signerCertificateNotBound, .weakDigest, .certificate: false
            }
        }
    }
}
