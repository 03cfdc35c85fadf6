import Contracts
import Foundation
import JWTKit

/// Checks bearer tokens: signature, issuer, audience, times.
public struct TokenVerifier: Sendable {
    private let keys: any KeySource
    private let issuer: String
    private let audience: String
    private let leeway: TimeInterval
    private let time: any TimeSource
    private let checked = CheckedTokens()

    /// - Parameters:
    ///   - keys: the provider's public keys.
    ///   - issuer: the only provider whose tokens are taken.
    ///   - audience: what a token must be meant for.
    ///   - leeway: seconds by which the provider's clock may differ.
    init(keys: any KeySource, issuer: String, audience: String, leeway: TimeInterval, time: any TimeSource) {
        self.keys = keys
        self.issuer = issuer
        self.audience = audience
        self.leeway = leeway
        self.time = time
    }

    /// The caller that a token names; throws the problem to answer with.
    public func verify(_ token: String) async throws(Problem) -> Caller {
        let claims = try await checkedClaims(token)
        guard claims.issuer.value == issuer, claims.audience.value.contains(audience) else { throw .tokenInvalid }
        let now = time.now
        guard claims.expiration.value.addingTimeInterval(leeway) > now else { throw .tokenExpired }
        if let notBefore = claims.notBefore?.value, notBefore.addingTimeInterval(-leeway) > now {
            throw .tokenNotYetValid
        }
        guard let caller = claims.caller else { throw .tokenInvalid }
        return caller
    }

    private func checkedClaims(_ token: String) async throws(Problem) -> TokenClaims {
        guard let known = await keys.current() else { throw .identityUnavailable }
        do {
            return try await checked.claims(of: token, by: known) {
                try await known.verify(token, as: TokenClaims.self)
            }
        } catch let error as JWTError where [.unknownKID, .noKeyProvided].contains(error.errorType) {
            // The provider may have begun to sign with another key.
            guard let fresh = await keys.afterUnknownKey() else { throw .tokenInvalid }
            do {
                return try await checked.claims(of: token, by: fresh) {
                    try await fresh.verify(token, as: TokenClaims.self)
                }
            } catch {
                throw .tokenInvalid
            }
        } catch {
            throw .tokenInvalid
        }
    }
}
