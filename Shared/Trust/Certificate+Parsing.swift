import COpenSSL
import Foundation

extension Certificate {
    /// Reads one certificate; bytes left over behind it are refused.
    public init(der: [UInt8]) throws(TrustError) {
        let parsed = try Self.parse(der)
        try self.init(borrowing: parsed.pointer)
    }

    /// Reads the first certificate of a PEM text.
    public init(pem: String) throws(TrustError) {
        guard let first = try Self.all(pem: pem).first else {
            throw TrustError(.malformed, "no certificate is in the PEM text")
        }
        self = first
    }

    /// Reads all certificates of a PEM text, in order; other PEM blocks between them are skipped.
    public static func all(pem: String) throws(TrustError) -> [Certificate] {
        try readingPEM(pem) { source throws(TrustError) in
            var certificates: [Certificate] = []
            while let parsed = Owned(PEM_read_bio_X509(source, nil, nil, nil), releasedBy: { X509_free($0) }) {
                certificates.append(try Certificate(borrowing: parsed.pointer))
            }
            // The end of the text is an error on the queue like any other.
            let last = ERR_peek_last_error()
            let reasons = libraryReasons()
            guard ERR_GET_REASON(last) == PEM_R_NO_START_LINE else {
                throw TrustError(.malformed, "a PEM certificate cannot be read: \(reasons.joined(separator: "; "))")
            }
            return certificates
        }
    }

    /// Reads a certificate that stays its owner's.
    init(borrowing x509: OpaquePointer) throws(TrustError) {
        guard let key = X509_get0_pubkey(x509), let serialNumber = X509_get_serialNumber(x509) else {
            throw TrustError.fromLibrary("the certificate's key cannot be read", .malformed)
        }
        let serialDER = try encoded("serial number") { i2d_ASN1_INTEGER(serialNumber, $0) }
        let usage = X509_get_key_usage(x509)
        self.init(
            der: try encoded("certificate") { i2d_X509(x509, $0) },
            subject: try DistinguishedName(borrowing: X509_get_subject_name(x509)),
            issuer: try DistinguishedName(borrowing: X509_get_issuer_name(x509)),
            serial: Self.serialText(serialNumber),
            notBefore: try date(X509_get0_notBefore(x509)),
            notAfter: try date(X509_get0_notAfter(x509)),
            publicKeyAlgorithm: Self.algorithm(of: key),
            publicKeyBits: Int(EVP_PKEY_get_bits(key)),
            keyUsage: usage == UInt32.max ? nil : KeyUsage(rawValue: usage),
            isAuthority: X509_check_ca(x509) == 1,
            ocspAddresses: Self.ocspAddresses(x509),
            serialDER: serialDER)
    }

    /// A fresh OpenSSL object of the certificate, for one call.
    func x509() throws(TrustError) -> Owned { try Self.parse(der) }

    private static func parse(_ der: [UInt8]) throws(TrustError) -> Owned {
        var rest = 0
        let parsed = der.withUnsafeBufferPointer { bytes in
            var position = bytes.baseAddress
            let x509 = d2i_X509(nil, &position, bytes.count)
            rest = bytes.count - (position.map { $0 - (bytes.baseAddress ?? $0) } ?? 0)
            return x509
        }
        guard let owned = Owned(parsed, releasedBy: { X509_free($0) }) else {
            throw TrustError.fromLibrary("not a certificate", .malformed)
        }
        guard rest == 0 else { throw TrustError(.malformed, "\(rest) bytes follow the certificate") }
        return owned
    }

    private static func algorithm(of key: OpaquePointer) -> PublicKeyAlgorithm {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: return .rsa
        case EVP_PKEY_EC: return .ecdsa
        case let other: return .other(OBJ_nid2sn(other).map { String(cString: $0) } ?? "unknown")
        }
    }

    private static func serialText(_ number: UnsafePointer<ASN1_INTEGER>) -> String {
        guard let value = Owned(ASN1_INTEGER_to_BN(number, nil), releasedBy: { BN_free($0) }),
            let text = BN_bn2hex(value.pointer)
        else { return "" }
        defer { hoso_openssl_free(text) }
        return String(cString: text).lowercased()
    }

    private static func ocspAddresses(_ x509: OpaquePointer) -> [String] {
        guard let addresses = Owned(X509_get1_ocsp(x509), releasedBy: { X509_email_free($0) }) else { return [] }
        return (0..<hoso_strings_count(addresses.pointer)).compactMap { index in
            hoso_strings_at(addresses.pointer, index).map { String(cString: $0) }
        }
    }
}

/// Converts a certificate's time; both of its forms are UTC to the second.
func date(_ time: UnsafePointer<ASN1_TIME>?) throws(TrustError) -> Date {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else {
        throw TrustError.fromLibrary("a time cannot be read", .malformed)
    }
    return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
}
