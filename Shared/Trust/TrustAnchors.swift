import COpenSSL
public import Foundation

/// The root certificates that are believed, and the check of a chain up to one of them.
///
/// Two roots are valid side by side in Viet Nam, the public one and the one for government use; which of them a
/// signer stands under is kept and shown.
public struct TrustAnchors: Sendable {
    /// What a root is for.
    public enum RootClass: String, Sendable, Codable, CaseIterable {
        /// The national root and the public authorities under it (chứng thực chữ ký số công cộng).
        case publicUse = "public"
        /// The Government Cipher Committee's root (chứng thực chữ ký số chuyên dùng công vụ).
        case governmentUse = "government"
    }

    /// One root that is believed.
    public struct Anchor: Sendable, Hashable {
        public let certificate: Certificate
        public let rootClass: RootClass

        public init(_ certificate: Certificate, _ rootClass: RootClass) {
            self.certificate = certificate
            self.rootClass = rootClass
        }
    }

    /// The roots.
    public let anchors: [Anchor]

    public init(_ anchors: [Anchor]) { self.anchors = anchors }

    /// Whether and how it is asked if a certificate was taken back.
    public enum Revocation: Sendable {
        /// Not asked: only for showing a certificate, never before signing.
        case unchecked
        /// Every certificate below the root must be covered by one of these lists, current at that moment.
        case lists([CertificateRevocationList])
    }

    /// Looks for a chain from a certificate to a believed root, as it stood at a moment.
    ///
    /// RSA below 2048 bits, ECDSA below 224 bits and SHA-1 signatures break a chain. Intermediates are believed only as
    /// far as a root vouches for them. Throws only where OpenSSL itself fails.
    public func verify(
        _ certificate: Certificate, through intermediates: [Certificate] = [], revocation: Revocation, at moment: Date
    ) throws(TrustError) -> ChainVerdict {
        let store = try self.store(revocation: revocation)
        let leaf = try certificate.x509()
        let untrusted = try stack(intermediates)
        guard let context = Owned(X509_STORE_CTX_new(), releasedBy: { X509_STORE_CTX_free($0) }),
            X509_STORE_CTX_init(context.pointer, store.pointer, leaf.pointer, untrusted.pointer) == 1,
            let parameters = X509_STORE_CTX_get0_param(context.pointer)
        else {
            throw TrustError.fromLibrary("a chain cannot be checked")
        }
        X509_VERIFY_PARAM_set_time(parameters, time_t(moment.timeIntervalSince1970.rounded(.down)))
        // Level 2: nothing weaker than 112 bits, neither keys nor signatures.
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        guard X509_verify_cert(context.pointer) == 1 else {
            let fault = CertificateFault(libraryCode: X509_STORE_CTX_get_error(context.pointer))
            _ = libraryReasons()
            return .refused(fault)
        }
        return try trusted(X509_STORE_CTX_get0_chain(context.pointer))
    }

    private func trusted(_ chain: OpaquePointer?) throws(TrustError) -> ChainVerdict {
        var certificates: [Certificate] = []
        for index in 0..<max(0, hoso_x509s_count(chain)) {
            guard let x509 = hoso_x509s_at(chain, index) else { continue }
            certificates.append(try Certificate(borrowing: x509))
        }
        guard let root = certificates.last, let anchor = anchors.first(where: { $0.certificate == root }) else {
            return .refused(CertificateFault(.untrusted, "the chain ends at none of the believed roots"))
        }
        return .trusted(chain: certificates, anchor.rootClass)
    }

    private func store(revocation: Revocation) throws(TrustError) -> Owned {
        guard let store = Owned(X509_STORE_new(), releasedBy: { X509_STORE_free($0) }) else {
            throw TrustError.fromLibrary("no certificate store")
        }
        for anchor in anchors {
            // The store counts a reference of its own.
            let root = try anchor.certificate.x509()
            guard X509_STORE_add_cert(store.pointer, root.pointer) == 1 else {
                throw TrustError.fromLibrary("a root cannot be used")
            }
        }
        if case .lists(let lists) = revocation {
            for list in lists {
                let crl = try list.x509CRL()
                guard X509_STORE_add_crl(store.pointer, crl.pointer) == 1 else {
                    throw TrustError.fromLibrary("a revocation list cannot be used")
                }
            }
            X509_STORE_set_flags(store.pointer, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL))
        }
        return store
    }
}

/// Makes a stack of certificates; it owns what is in it.
func stack(_ certificates: [Certificate]) throws(TrustError) -> Owned {
    guard let stack = Owned(hoso_x509s_new(), releasedBy: { hoso_x509s_free($0) }) else {
        throw TrustError.fromLibrary("no certificate stack")
    }
    for certificate in certificates {
        let x509 = try certificate.x509()
        guard X509_up_ref(x509.pointer) == 1, hoso_x509s_push(stack.pointer, x509.pointer) > 0 else {
            throw TrustError.fromLibrary("no certificate stack")
        }
    }
    return stack
}
