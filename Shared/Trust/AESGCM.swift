import COpenSSL

/// AES-256 in Galois/counter mode; the tag stands behind the ciphertext.
enum AESGCM {
    static let nonceLength = 12
    static let tagLength = 16

    static func seal(
        _ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], authenticating context: [UInt8]
    ) throws(TrustError) -> [UInt8] {
        let cipher = try Cipher(key: key, nonce: nonce, encrypting: true, context: context)
        let ciphertext = try cipher.update(plaintext)
        guard cipher.finish() else { throw TrustError.fromLibrary("sealing failed") }
        var tag = [UInt8](repeating: 0, count: tagLength)
        guard EVP_CIPHER_CTX_ctrl(cipher.context.pointer, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1 else {
            throw TrustError.fromLibrary("sealing gave no tag")
        }
        return ciphertext + tag
    }

    static func open(
        _ box: [UInt8], key: [UInt8], nonce: [UInt8], authenticating context: [UInt8]
    ) throws(TrustError) -> [UInt8] {
        guard box.count >= tagLength else { throw TrustError(.malformed, "a sealed value is cut short") }
        let cipher = try Cipher(key: key, nonce: nonce, encrypting: false, context: context)
        let plaintext = try cipher.update(Array(box.dropLast(tagLength)))
        var tag = Array(box.suffix(tagLength))
        guard EVP_CIPHER_CTX_ctrl(cipher.context.pointer, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1,
            cipher.finish()
        else {
            // Emptied, because nothing more can be said without helping whoever changed the value.
            _ = libraryReasons()
            throw TrustError(.notAuthentic, "a sealed value was changed or belongs to another context")
        }
        return plaintext
    }

    /// One run of the cipher.
    private struct Cipher: ~Copyable {
        let context: Owned

        init(key: [UInt8], nonce: [UInt8], encrypting: Bool, context additional: [UInt8]) throws(TrustError) {
            var ignored: Int32 = 0
            guard let context = Owned(EVP_CIPHER_CTX_new(), releasedBy: { EVP_CIPHER_CTX_free($0) }),
                EVP_CipherInit_ex(context.pointer, EVP_aes_256_gcm(), nil, key, nonce, encrypting ? 1 : 0) == 1,
                EVP_CipherUpdate(context.pointer, nil, &ignored, additional, Int32(additional.count)) == 1
            else {
                throw TrustError.fromLibrary("AES-256-GCM is not available")
            }
            self.context = context
        }

        func update(_ input: [UInt8]) throws(TrustError) -> [UInt8] {
            guard let length = Int32(exactly: input.count) else {
                throw TrustError(.usage, "\(input.count) bytes are too many to seal at once")
            }
            var output = [UInt8](repeating: 0, count: input.count)
            var written: Int32 = 0
            guard length == 0 || EVP_CipherUpdate(context.pointer, &output, &written, input, length) == 1 else {
                throw TrustError.fromLibrary("the cipher refused its input")
            }
            return output
        }

        func finish() -> Bool {
            // In this mode nothing is written at the end, but the call wants a place to write to.
            var rest = [UInt8](repeating: 0, count: 16)
            var written: Int32 = 0
            return EVP_CipherFinal_ex(context.pointer, &rest, &written) == 1
        }
    }
}
