import COpenSSL
import Foundation

extension SigningIdentity {
    /// Opens a PKCS #12 file: for development only, since a key in a file can be copied.
    ///
    /// Throws `.malformed`, `.wrongPassphrase`, `.keyNotFound`, `.keyMismatch` or `.keyTooWeak`.
    public static func pkcs12(path: String, passphrase: String) throws(TrustError) -> SigningIdentity {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw TrustError(.keyNotFound, "the key file \(path) cannot be read")
        }
        return try pkcs12(bytes: [UInt8](bytes), passphrase: passphrase)
    }

    /// Opens the content of a PKCS #12 file.
    public static func pkcs12(bytes: [UInt8], passphrase: String) throws(TrustError) -> SigningIdentity {
        let parsed = bytes.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return d2i_PKCS12(nil, &position, buffer.count)
        }
        guard let file = Owned(parsed, releasedBy: { PKCS12_free($0) }) else {
            throw TrustError.fromLibrary("not a PKCS #12 file", .malformed)
        }
        guard PKCS12_verify_mac(file.pointer, passphrase, -1) == 1 else {
            _ = libraryReasons()
            throw TrustError(.wrongPassphrase, "the passphrase does not open the key file")
        }
        var key: OpaquePointer?
        var leaf: OpaquePointer?
        var others: OpaquePointer?
        guard PKCS12_parse(file.pointer, passphrase, &key, &leaf, &others) == 1 else {
            throw TrustError.fromLibrary("the key file cannot be read")
        }
        // The call hands over all three, each of which may be missing.
        let ownedLeaf = Owned(leaf, releasedBy: { X509_free($0) })
        let ownedOthers = Owned(others, releasedBy: { hoso_x509s_free($0) })
        guard let ownedKey = Owned(key, releasedBy: { EVP_PKEY_free($0) }) else {
            throw TrustError(.keyNotFound, "the key file holds no private key")
        }
        guard let ownedLeaf else {
            throw TrustError(.keyNotFound, "the key file holds no certificate of its private key")
        }
        let certificate = try Certificate(borrowing: ownedLeaf.pointer)
        var rest: [Certificate] = []
        if let ownedOthers { rest = try certificates(borrowing: ownedOthers.pointer) }
        return try SigningIdentity(
            key: LibraryKey(ownedKey), certificate: certificate, chain: certificate.chain(among: rest))
    }
}

/// Reads the certificates of a stack that stays its owner's.
func certificates(borrowing stack: OpaquePointer) throws(TrustError) -> [Certificate] {
    var certificates: [Certificate] = []
    for index in 0..<max(0, hoso_x509s_count(stack)) {
        guard let x509 = hoso_x509s_at(stack, index) else { continue }
        certificates.append(try Certificate(borrowing: x509))
    }
    return certificates
}

extension Certificate {
    /// The issuers of this certificate found among others, nearest first, matched by name.
    ///
    /// Only an ordering: whether they really signed each other is for `TrustAnchors.verify` to find out.
    public func chain(among others: [Certificate]) -> [Certificate] {
        var chain: [Certificate] = []
        var current = self
        while current.issuer.der != current.subject.der,
            let issuer = others.first(where: { $0.subject.der == current.issuer.der }), !chain.contains(issuer)
        {
            chain.append(issuer)
            current = issuer
        }
        return chain
    }
}
