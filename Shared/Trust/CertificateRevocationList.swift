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
        let bytes = Array(pem.utf8)
        guard let source = Owned(BIO_new_mem_buf(bytes, Int32(bytes.count)), releasedBy: { BIO_free($0) }),
            let parsed = Owned(
                PEM_read_bio_X509_CRL(source.pointer, nil, nil, nil), releasedBy: { X509_CRL_free($0) })
        else {
            throw TrustError.fromLibrary("no revocation list is in the PEM text", .malformed)
        }
        try self.init(borrowing: parsed.pointer)
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
