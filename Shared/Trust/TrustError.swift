/// A failure of a cryptographic operation, with what a program can act on and a reason for people.
///
/// The reason never contains key material, passphrases or the data that was being worked on.
public struct TrustError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What happened, in a form that can grow without breaking a reader.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The stable name of the code, as it stands in logs and metrics.
        public let name: String

        public var description: String { name }

        /// Bytes that are not what they claim to be: not hex, not DER, not PEM, not a sealed box.
        public static let malformed = Code(name: "malformed")
        /// A sealed value was changed, belongs to another context, or was sealed under a different key of that id.
        public static let notAuthentic = Code(name: "not_authentic")
        /// A value was sealed under a key that the ring does not hold (any more).
        public static let unknownKey = Code(name: "unknown_key")
        /// A key or certificate is weaker than the rules allow.
        public static let keyTooWeak = Code(name: "key_too_weak")
        /// The passphrase of a key file is wrong.
        public static let wrongPassphrase = Code(name: "wrong_passphrase")
        /// The PIN of a token is wrong; trying again can lock the token.
        public static let wrongPIN = Code(name: "wrong_pin")
        /// The token or its module is not there; trying again can help.
        public static let tokenUnavailable = Code(name: "token_unavailable")
        /// The file or token holds no such key or certificate.
        public static let keyNotFound = Code(name: "key_not_found")
        /// A private key and a certificate do not belong together.
        public static let keyMismatch = Code(name: "key_mismatch")
        /// The certificate may not be used for signing now: expired, not yet valid, or without that key usage.
        public static let certificateUnusable = Code(name: "certificate_unusable")
        /// A call was made with values that cannot be meant, for example an empty key.
        public static let usage = Code(name: "usage")
        /// OpenSSL refused for a reason that has no code here; the reason text says which.
        public static let library = Code(name: "library")
    }

    /// What happened.
    public let code: Code
    /// Why, in English, for logs and operators.
    public let reason: String

    /// Makes an error.
    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// Whether the same call can succeed later without anything being changed by a person.
    public var isRetriable: Bool { code == .tokenUnavailable }

    public var description: String { "\(code): \(reason)" }
}
