import COpenSSL

/// Random bytes that nobody can foresee.
public enum SecureRandom {
    /// As many bytes from the operating system's generator as asked for.
    ///
    /// Throws when the generator is not seeded: weak bytes are never returned.
    public static func bytes(_ count: Int) throws(TrustError) -> [UInt8] {
        guard count >= 0, count <= Int(Int32.max) else {
            throw TrustError(.usage, "\(count) random bytes were asked for")
        }
        var output = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&output, Int32(count)) == 1 else {
            throw TrustError.fromLibrary("the random generator is not ready")
        }
        return output
    }
}
