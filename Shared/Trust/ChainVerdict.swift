import COpenSSL

/// What a check of a certificate's chain found.
public enum ChainVerdict: Sendable, Hashable {
    /// A chain to a believed root: the certificate itself first, the root last, and what kind of root it is.
    case trusted(chain: [Certificate], TrustAnchors.RootClass)
    /// No such chain, and why.
    case refused(CertificateFault)
}

/// Why a certificate is not accepted.
public struct CertificateFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of faults; each has its own sentence for the person who asks.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// No believed root stands above it.
        case untrusted
        /// It, or one above it, is past its end.
        case expired
        /// It, or one above it, is not valid yet.
        case notYetValid = "not_yet_valid"
        /// Its issuer took it back.
        case revoked
        /// It could not be found out whether it was taken back: no list, or only a stale one.
        case revocationUnknown = "revocation_unknown"
        /// A key or signature in the chain is weaker than allowed.
        case weak
        /// It may not be used for this.
        case usage
        /// Anything else that is wrong with the chain.
        case invalid
    }

    /// What kind of fault.
    public let kind: Kind
    /// More about it, in English, for logs and operators.
    public let reason: String

    public init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    init(libraryCode: Int32) {
        kind =
            switch libraryCode {
            case X509_V_ERR_CERT_HAS_EXPIRED: .expired
            case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
            case X509_V_ERR_CERT_REVOKED: .revoked
            case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
                X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_CRL_SIGNATURE_FAILURE:
                .revocationUnknown
            case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK: .weak
            case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED:
                .untrusted
            case X509_V_ERR_INVALID_PURPOSE, X509_V_ERR_INVALID_CA, X509_V_ERR_KEYUSAGE_NO_CERTSIGN: .usage
            default: .invalid
            }
        reason = String(cString: X509_verify_cert_error_string(Int(libraryCode)))
    }

    public var description: String { "\(kind.rawValue): \(reason)" }
}
