import CPKCS11
import Foundation
import Synchronization

/// Where a key lies: which token, under which label, behind which PIN.
struct TokenPlace: Sendable {
    let token: String
    let label: String
    let pin: String
}

/// A private key inside a token; every signature is made there.
final class TokenKey: PrivateKey, Sendable {
    private let module: TokenModule
    private let place: TokenPlace
    /// The open session, if any; the lock also keeps one signature from running into another in the same session.
    private let session = Mutex<TokenSession?>(nil)

    init(module: TokenModule, place: TokenPlace) throws(TrustError) {
        self.module = module
        self.place = place
        guard !place.pin.isEmpty else { throw TrustError(.wrongPIN, "no PIN is given for the token \(place.token)") }
    }

    deinit { session.withLock { $0?.close() } }

    func signature(of bytes: [UInt8]) throws(TrustError) -> [UInt8] {
        let digest = Digest.sha256(bytes)
        return try inSession { session throws(TrustError) in try session.sign(digest: digest) }
    }

    /// The certificate that lies beside the key under the same label.
    func certificate() throws(TrustError) -> Certificate {
        let der = try inSession { session throws(TrustError) in try session.certificate() }
        return try Certificate(der: der)
    }

    /// Runs in the open session; when that turns out to be lost, once more in a new one.
    private func inSession(
        _ body: (TokenSession) throws(TrustError) -> [UInt8]
    ) throws(TrustError) -> [UInt8] {
        try session.withLock { current throws(TrustError) in
            if let open = current {
                do throws(TrustError) {
                    return try body(open)
                } catch {
                    guard error.isRetriable else { throw error }
                    open.close()
                    current = nil
                }
            }
            let fresh = try TokenSession(module: module, place: place)
            current = fresh
            return try body(fresh)
        }
    }
}
