import COpenSSL
public import Foundation

/// A list of certificates that their issuer took back (CRL).
public struct CertificateRevocationList: Sendable, Hashable {
    /// The list's own bytes.
    public let der: [UInt8]
    /// Who issued it.
    public let issuer: DistinguishedName
    /// When it was made.
    public let thisUpdate: Date
    /// When the next one is due; after that it is stale.
    public let nextUpdate: Date?

    /// Reads one list.
    public init(der: [UInt8]) throws(TrustError) {
        let parsed = try Self.parse(der)
        try self.init(borrowing: parsed.pointer)
    }

    /// Reads the first list of a PEM text.
    public init(pem: String) throws(TrustError) {
        self = try readingPEM(pem) { source throws(TrustError) in
            guard
                let parsed = Owned(PEM_read_bio_X509_CRL(source, nil, nil, nil), releasedBy: { X509_CRL_free($0) })
            else { throw TrustError.fromLibrary("no revocation list is in the PEM text", .malformed) }
            return try CertificateRevocationList(borrowing: parsed.pointer)
        }
    }

    /// When the list says that a certificate was taken back; nil when the certificate is not on it.
    public func revocationDate(of certificate: Certificate) throws(TrustError) -> Date? {
        let list = try x509CRL()
        let x509 = try certificate.x509()
        var entry: OpaquePointer?
        // 2 is a certificate that was on an earlier list and is good again.
        guard X509_CRL_get0_by_cert(list.pointer, &entry, x509.pointer) == 1, let entry else { return nil }
        return try date(X509_REVOKED_get0_revocationDate(entry))
    }

    /// Whether the key of this certificate signed the list.
    public func isSigned(by issuer: Certificate) throws(TrustError) -> Bool {
        let list = try x509CRL()
        let x509 = try issuer.x509()
        defer { _ = libraryReasons() }
        return X509_CRL_verify(list.pointer, X509_get0_pubkey(x509.pointer)) == 1
    }

    /// A fresh OpenSSL object of the list, for one call.
    func x509CRL() throws(TrustError) -> Owned { try Self.parse(der) }

    private init(borrowing crl: OpaquePointer) throws(TrustError) {
        der = try encoded("revocation list") { i2d_X509_CRL(crl, $0) }
        issuer = try DistinguishedName(borrowing: X509_CRL_get_issuer(crl))
        thisUpdate = try date(X509_CRL_get0_lastUpdate(crl))
        if let next = X509_CRL_get0_nextUpdate(crl) { nextUpdate = try date(next) } else { nextUpdate = nil }
    }

    private static func parse(_ der: [UInt8]) throws(TrustError) -> Owned {
        let parsed = der.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            return d2i_X509_CRL(nil, &position, bytes.count)
        }
        guard let owned = Owned(parsed, releasedBy: { X509_CRL_free($0) }) else {
            throw TrustError.fromLibrary("not a revocation list", .malformed)
        }
        return owned
    }
}
