import COpenSSL

/// Message authentication codes.
public enum MAC {
    /// HMAC-SHA256 (RFC 2104): 32 bytes.
    public static func hmacSHA256(key: some Collection<UInt8>, _ bytes: some Collection<UInt8>) -> [UInt8] {
        hmac(EVP_sha256(), length: Int(SHA256_DIGEST_LENGTH), key: key, bytes)
    }

    /// HMAC-SHA256 of text under a textual key, both as UTF-8.
    public static func hmacSHA256(key: String, _ text: String) -> [UInt8] { hmacSHA256(key: key.utf8, text.utf8) }

    /// HMAC-SHA512 (RFC 2104): 64 bytes.
    public static func hmacSHA512(key: some Collection<UInt8>, _ bytes: some Collection<UInt8>) -> [UInt8] {
        hmac(EVP_sha512(), length: Int(SHA512_DIGEST_LENGTH), key: key, bytes)
    }

    /// HMAC-SHA512 of text under a textual key, both as UTF-8.
    public static func hmacSHA512(key: String, _ text: String) -> [UInt8] { hmacSHA512(key: key.utf8, text.utf8) }

    /// Compares without telling by the time taken where the difference lies; only the lengths may be learned.
    public static func constantTimeEquals(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        withContiguousBytes(left) { left in
            withContiguousBytes(right) { right in
                guard left.count == right.count else { return false }
                guard let first = left.baseAddress, let second = right.baseAddress else { return true }
                return CRYPTO_memcmp(first, second, left.count) == 0
            }
        }
    }

    private static func hmac(
        _ algorithm: OpaquePointer?, length: Int, key: some Collection<UInt8>, _ bytes: some Collection<UInt8>
    ) -> [UInt8] {
        withContiguousBytes(key) { key in
            withContiguousBytes(bytes) { bytes in
                [UInt8](unsafeUninitializedCapacity: length) { output, count in
                    var written: UInt32 = 0
                    // An empty key still needs an address: a null one means "the key of the call before".
                    var nothing: UInt8 = 0
                    withUnsafePointer(to: &nothing) { nothing in
                        _ = HMAC(
                            algorithm, key.baseAddress ?? nothing, Int32(key.count), bytes.baseAddress, bytes.count,
                            output.baseAddress, &written)
                    }
                    count = Int(written)
                }
            }
        }
    }
}
