import COpenSSL

/// A SHA-256 that is fed piece by piece, for what is too large to hold in memory.
public struct RunningDigest: ~Copyable {
    private let context: Owned

    /// Starts an empty digest.
    public init() throws(TrustError) {
        guard let context = Owned(EVP_MD_CTX_new(), releasedBy: { EVP_MD_CTX_free($0) }),
            EVP_DigestInit_ex(context.pointer, EVP_sha256(), nil) == 1
        else {
            throw TrustError.fromLibrary("SHA-256 is not available")
        }
        self.context = context
    }

    /// Adds bytes at the end.
    public mutating func update(_ bytes: some Collection<UInt8>) throws(TrustError) {
        let accepted = withContiguousBytes(bytes) { EVP_DigestUpdate(context.pointer, $0.baseAddress, $0.count) }
        guard accepted == 1 else { throw TrustError.fromLibrary("the digest refused its input") }
    }

    /// The SHA-256 of all bytes added: 32 bytes.
    public consuming func finish() throws(TrustError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        guard EVP_DigestFinal_ex(context.pointer, &output, nil) == 1 else {
            throw TrustError.fromLibrary("the digest could not be finished")
        }
        return output
    }
}
