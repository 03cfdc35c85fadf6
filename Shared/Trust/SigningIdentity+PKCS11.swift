import Foundation

extension SigningIdentity {
    /// Opens a key in a hardware token or HSM through its PKCS #11 module, for example an organisation's seal.
    ///
    /// - Parameters:
    ///   - module: The path of the vendor's module (a shared library).
    ///   - token: The token's label.
    ///   - label: The label that private key and certificate bear in the token.
    ///   - pin: The user PIN. A wrong one counts against the token's limit, so it is tried once only.
    ///   - chain: The certificates above the signer's, which tokens seldom hold.
    ///
    /// A session that is lost later is opened again with the next signature, as far as the module sees the token again
    /// (SoftHSM only after a restart of the process). Throws `.tokenUnavailable`, `.wrongPIN`,
    /// `.keyNotFound`, `.keyMismatch` or `.keyTooWeak`. A token asks for its PIN once in a process: a wrong one given
    /// while the token is already open is not noticed. Blocks while the token
    /// works: `opening(module:token:label:pin:chain:)` is for asynchronous code.
    public static func pkcs11(
        module: String, token: String, label: String, pin: String, chain: [Certificate] = []
    ) throws(TrustError) -> SigningIdentity {
        let place = TokenPlace(token: token, label: label, pin: pin)
        let key = try TokenKey(module: .loaded(path: module), place: place)
        return try SigningIdentity(key: key, certificate: key.certificate(), chain: chain)
    }

    /// Opens a key like `pkcs11`, on a thread of its own.
    public static func opening(
        module: String, token: String, label: String, pin: String, chain: [Certificate] = []
    ) async throws(TrustError) -> SigningIdentity {
        let result: Result<SigningIdentity, TrustError> = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                do throws(TrustError) {
                    let identity = try pkcs11(module: module, token: token, label: label, pin: pin, chain: chain)
                    continuation.resume(returning: .success(identity))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
