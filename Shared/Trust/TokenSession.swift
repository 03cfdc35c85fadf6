import CPKCS11

/// One session with a token, logged in; used by one thread at a time.
struct TokenSession: Sendable {
    private let module: TokenModule
    private let handle: CK_SESSION_HANDLE
    private let key: CK_OBJECT_HANDLE
    private let isEllipticCurve: Bool
    private let label: String

    /// Opens a session, logs in and finds the key.
    init(module: TokenModule, place: TokenPlace) throws(TrustError) {
        let (slot, token) = try module.slot(ofToken: place.token)
        // What is left of the attempts belongs to a person: a program that goes on would lock the token.
        guard token.flags & CK_FLAGS(CKF_USER_PIN_LOCKED | CKF_USER_PIN_FINAL_TRY) == 0 else {
            throw TrustError(.wrongPIN, "the token \(place.token) is locked, or would be after one more wrong PIN")
        }
        var handle: CK_SESSION_HANDLE = 0
        try check(
            "no session with the token \(place.token)",
            module.functions.C_OpenSession(slot, CK_FLAGS(CKF_SERIAL_SESSION), nil, nil, &handle))
        do throws(TrustError) {
            try Self.logIn(module, handle, place)
            key = try Self.object(module, handle, CK_OBJECT_CLASS(CKO_PRIVATE_KEY), place.label)
            isEllipticCurve = try Self.number(module, handle, key, CK_ATTRIBUTE_TYPE(CKA_KEY_TYPE)) == CKK_EC
        } catch {
            _ = module.functions.C_CloseSession(handle)
            throw error
        }
        self.module = module
        self.handle = handle
        self.label = place.label
        LiveHandles.opened()
    }

    /// Ends the session; nothing else may follow.
    func close() {
        _ = module.functions.C_CloseSession(handle)
        LiveHandles.closed()
    }

    /// Signs a SHA-256: RSA PKCS #1 v1.5, or ECDSA in DER.
    func sign(digest: [UInt8]) throws(TrustError) -> [UInt8] {
        var mechanism = CK_MECHANISM()
        mechanism.mechanism = CK_MECHANISM_TYPE(isEllipticCurve ? CKM_ECDSA : CKM_RSA_PKCS)
        try check("the token does not sign", module.functions.C_SignInit(handle, &mechanism, key))
        // RSA PKCS #1 signs the hash together with its kind (DigestInfo), which this mechanism leaves to us.
        var input =
            isEllipticCurve
            ? digest
            : DER.sequence(DER.sequence(ObjectIdentifier.sha256, DER.null), DER.octetString(digest))
        var output = [UInt8](repeating: 0, count: 1024)
        var length = CK_ULONG(output.count)
        try check(
            "the token did not sign",
            module.functions.C_Sign(handle, &input, CK_ULONG(input.count), &output, &length))
        let signature = Array(output.prefix(Int(length)))
        guard isEllipticCurve else { return signature }
        let half = signature.count / 2
        return DER.sequence(DER.unsignedInteger(signature.prefix(half)), DER.unsignedInteger(signature.suffix(half)))
    }

    /// The certificate with the key's label, in DER.
    func certificate() throws(TrustError) -> [UInt8] {
        let object = try Self.object(module, handle, CK_OBJECT_CLASS(CKO_CERTIFICATE), label)
        return try Self.value(module, handle, object, CK_ATTRIBUTE_TYPE(CKA_VALUE))
    }

    private static func logIn(
        _ module: TokenModule, _ handle: CK_SESSION_HANDLE, _ place: TokenPlace
    ) throws(TrustError) {
        var pin = Array(place.pin.utf8)
        let outcome = module.functions.C_Login(handle, CK_USER_TYPE(CKU_USER), &pin, CK_ULONG(pin.count))
        // The log-in is the whole process's, so another session may have done it.
        guard outcome != CKR_USER_ALREADY_LOGGED_IN else { return }
        try check("no log-in to the token \(place.token)", outcome)
    }

    /// The one object of a class with this label.
    private static func object(
        _ module: TokenModule, _ handle: CK_SESSION_HANDLE, _ kind: CK_OBJECT_CLASS, _ label: String
    ) throws(TrustError) -> CK_OBJECT_HANDLE {
        var kind = kind
        var text = Array(label.utf8)
        let started = withUnsafeMutableBytes(of: &kind) { kind in
            text.withUnsafeMutableBytes { text in
                var wanted = [
                    CK_ATTRIBUTE(
                        type: CK_ATTRIBUTE_TYPE(CKA_CLASS), pValue: kind.baseAddress, ulValueLen: CK_ULONG(kind.count)),
                    CK_ATTRIBUTE(
                        type: CK_ATTRIBUTE_TYPE(CKA_LABEL), pValue: text.baseAddress, ulValueLen: CK_ULONG(text.count)),
                ]
                return module.functions.C_FindObjectsInit(handle, &wanted, CK_ULONG(wanted.count))
            }
        }
        try check("the token cannot be searched", started)
        defer { _ = module.functions.C_FindObjectsFinal(handle) }
        var found: [CK_OBJECT_HANDLE] = [0, 0]
        var count: CK_ULONG = 0
        try check("the token cannot be searched", module.functions.C_FindObjects(handle, &found, 2, &count))
        guard count == 1 else {
            let what = kind == CK_OBJECT_CLASS(CKO_CERTIFICATE) ? "certificate" : "private key"
            throw TrustError(
                .keyNotFound, "the token holds \(count == 0 ? "no" : "more than one") \(what) with the label \(label)")
        }
        return found[0]
    }

    private static func value(
        _ module: TokenModule, _ handle: CK_SESSION_HANDLE, _ object: CK_OBJECT_HANDLE, _ type: CK_ATTRIBUTE_TYPE
    ) throws(TrustError) -> [UInt8] {
        var wanted = CK_ATTRIBUTE(type: type, pValue: nil, ulValueLen: 0)
        try check(
            "an object in the token cannot be read",
            module.functions.C_GetAttributeValue(handle, object, &wanted, 1))
        // The token says "unavailable" with the largest number there is.
        guard let length = Int(exactly: wanted.ulValueLen), length <= 1 << 20 else {
            throw TrustError(.keyNotFound, "an object in the token has no such value")
        }
        var bytes = [UInt8](repeating: 0, count: length)
        let outcome = bytes.withUnsafeMutableBytes { bytes in
            wanted.pValue = bytes.baseAddress
            return module.functions.C_GetAttributeValue(handle, object, &wanted, 1)
        }
        try check("an object in the token cannot be read", outcome)
        return bytes
    }

    private static func number(
        _ module: TokenModule, _ handle: CK_SESSION_HANDLE, _ object: CK_OBJECT_HANDLE, _ type: CK_ATTRIBUTE_TYPE
    ) throws(TrustError) -> CK_ULONG {
        let bytes = try value(module, handle, object, type)
        guard bytes.count == MemoryLayout<CK_ULONG>.size else {
            throw TrustError(.keyNotFound, "an object in the token has no such value")
        }
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: CK_ULONG.self) }
    }
}
