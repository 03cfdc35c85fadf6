import COpenSSL

/// A private key in this process's memory, inside OpenSSL.
// Unchecked, because it holds a pointer: that is set once and never changed, OpenSSL counts references to a key
// atomically, and every signature uses a context of its own.
final class LibraryKey: PrivateKey, @unchecked Sendable {
    private let key: Owned

    init(_ key: consuming Owned) { self.key = key }

    func signature(of bytes: [UInt8]) throws(TrustError) -> [UInt8] {
        var length = 0
        guard let context = Owned(EVP_MD_CTX_new(), releasedBy: { EVP_MD_CTX_free($0) }),
            EVP_DigestSignInit(context.pointer, nil, EVP_sha256(), nil, key.pointer) == 1,
            EVP_DigestSign(context.pointer, nil, &length, bytes, bytes.count) == 1
        else {
            throw TrustError.fromLibrary("the key cannot sign")
        }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context.pointer, &signature, &length, bytes, bytes.count) == 1 else {
            throw TrustError.fromLibrary("the key did not sign")
        }
        return Array(signature.prefix(length))
    }
}

extension Certificate {
    /// Whether the certified key made this signature over the SHA-256 of the bytes.
    func verifies(_ signature: [UInt8], of bytes: [UInt8]) throws(TrustError) -> Bool {
        let x509 = try x509()
        guard let context = Owned(EVP_MD_CTX_new(), releasedBy: { EVP_MD_CTX_free($0) }),
            EVP_DigestVerifyInit(context.pointer, nil, EVP_sha256(), nil, X509_get0_pubkey(x509.pointer)) == 1
        else {
            throw TrustError.fromLibrary("the certificate's key cannot verify")
        }
        defer { _ = libraryReasons() }
        return EVP_DigestVerify(context.pointer, signature, signature.count, bytes, bytes.count) == 1
    }
}
