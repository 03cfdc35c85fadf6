import COpenSSL

/// Cryptographic hashes of bytes in memory.
public enum Digest {
    /// The SHA-256 of the bytes: 32 bytes.
    public static func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] {
        withContiguousBytes(bytes) { input in
            [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { output, count in
                SHA256(input.baseAddress, input.count, output.baseAddress)
                count = Int(SHA256_DIGEST_LENGTH)
            }
        }
    }

    /// The SHA-256 of the text's UTF-8 bytes: 32 bytes.
    public static func sha256(_ text: String) -> [UInt8] { sha256(text.utf8) }

    /// The SHA-512 of the bytes: 64 bytes.
    public static func sha512(_ bytes: some Collection<UInt8>) -> [UInt8] {
        withContiguousBytes(bytes) { input in
            [UInt8](unsafeUninitializedCapacity: Int(SHA512_DIGEST_LENGTH)) { output, count in
                SHA512(input.baseAddress, input.count, output.baseAddress)
                count = Int(SHA512_DIGEST_LENGTH)
            }
        }
    }
}

/// Hands out the bytes as one block of memory, copying them only where they do not lie in one.
func withContiguousBytes<R>(_ bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    if let result = bytes.withContiguousStorageIfAvailable(body) { return result }
    return Array(bytes).withUnsafeBufferPointer(body)
}
