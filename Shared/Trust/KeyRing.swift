/// The keys under which stored data is sealed: one seals, the others still open what they sealed before.
///
/// Sealing is AES-256-GCM with a random 96-bit nonce, so one key may seal 2^32 values at most (NIST SP 800-38D, 8.3):
/// add a new key and make it current long before. A sealed value carries its key's id, therefore old values stay
/// readable until their key is taken out of the ring, and `needsResealing` finds them.
public struct KeyRing: Sendable {
    /// The id of the key that seals.
    public let current: String
    private let keys: [String: [UInt8]]

    /// Length of a key, in bytes.
    public static let keyLength = 32

    /// Makes a ring of 32-byte keys by id (1 to 32 bytes of text); `current` must be among them.
    public init(keys: [String: [UInt8]], current: String) throws(TrustError) {
        for (id, key) in keys {
            guard (1...32).contains(id.utf8.count) else {
                throw TrustError(.usage, "a key id has 1 to 32 bytes, not \(id.utf8.count)")
            }
            guard key.count == Self.keyLength else {
                throw TrustError(.usage, "key \(id) has \(key.count) bytes instead of \(Self.keyLength)")
            }
        }
        guard keys[current] != nil else { throw TrustError(.usage, "the current key \(current) is not in the ring") }
        self.keys = keys
        self.current = current
    }

    /// The ids of all keys, sorted.
    public var keyIDs: [String] { keys.keys.sorted() }

    /// Seals bytes so that they open only unchanged and only in the same context.
    ///
    /// The context says where the value belongs, for example "intake.draft/<id>": it is authenticated, not stored, and
    /// keeps a sealed value from being moved to another row.
    public func seal(_ plaintext: some Collection<UInt8>, context: String) throws(TrustError) -> [UInt8] {
        guard let key = keys[current] else { throw TrustError(.unknownKey, "the ring has no key \(current)") }
        let header = SealedValue.header(keyID: current)
        let nonce = try SecureRandom.bytes(AESGCM.nonceLength)
        let box = try AESGCM.seal(
            Array(plaintext), key: key, nonce: nonce, authenticating: header + Array(context.utf8))
        return header + nonce + box
    }

    /// Opens what `seal` made under any key of the ring.
    ///
    /// Throws `.malformed`, `.unknownKey`, or `.notAuthentic` when value or context differ from what was sealed.
    public func open(_ sealed: some Collection<UInt8>, context: String) throws(TrustError) -> [UInt8] {
        let value = try SealedValue(Array(sealed))
        guard let key = keys[value.keyID] else {
            throw TrustError(.unknownKey, "the ring has no key \(value.keyID)")
        }
        return try AESGCM.open(
            value.box, key: key, nonce: value.nonce, authenticating: value.header + Array(context.utf8))
    }

    /// Whether a value was sealed under another key than the current one, and should be opened and sealed again.
    public func needsResealing(_ sealed: some Collection<UInt8>) throws(TrustError) -> Bool {
        try SealedValue(Array(sealed)).keyID != current
    }
}

extension KeyRing: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The ids only: a key never reaches a log, also not through reflection.
    public var description: String { "KeyRing(current: \(current), keys: \(keyIDs))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["current": current, "keyIDs": keyIDs]) }
}

/// The parts of a sealed value: version 1, length and text of the key id, nonce, ciphertext with its tag.
private struct SealedValue {
    static let version: UInt8 = 1

    let keyID: String
    let header: [UInt8]
    let nonce: [UInt8]
    let box: [UInt8]

    static func header(keyID: String) -> [UInt8] { [version, UInt8(keyID.utf8.count)] + Array(keyID.utf8) }

    init(_ bytes: [UInt8]) throws(TrustError) {
        guard bytes.count >= 2, bytes[0] == Self.version else {
            throw TrustError(.malformed, "not a sealed value of version \(Self.version)")
        }
        let headerLength = 2 + Int(bytes[1])
        guard bytes.count >= headerLength + AESGCM.nonceLength + AESGCM.tagLength,
            let keyID = String(validating: bytes[2..<headerLength], as: UTF8.self), !keyID.isEmpty
        else {
            throw TrustError(.malformed, "a sealed value is cut short")
        }
        self.keyID = keyID
        header = Array(bytes[..<headerLength])
        nonce = Array(bytes[headerLength..<headerLength + AESGCM.nonceLength])
        box = Array(bytes[(headerLength + AESGCM.nonceLength)...])
    }
}
