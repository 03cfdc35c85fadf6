import JWTKit
import Synchronization
import Trust

/// What tokens say whose signature was checked, so that it is checked once and not with every request of their bearer.
///
/// It holds for the keys that it was checked with: when the provider's keys are read again everything is forgotten.
/// Times, issuer and audience are looked at with each request.
final class CheckedTokens: Sendable {
    private struct State {
        var keys: JWTKeyCollection?
        /// By the SHA-256 of the token.
        var claims: [[UInt8]: TokenClaims] = [:]
    }

    private let state = Mutex(State())
    /// Beyond it all are forgotten; a longer token is checked each time. So it holds a few MB at most.
    private static let capacity = 4_096
    private static let longest = 2_048

    /// What a token says by these keys; what `check` says of it where it was not checked before.
    func claims(
        of token: String, by keys: JWTKeyCollection, _ check: () async throws -> TokenClaims
    ) async throws -> TokenClaims {
        guard token.utf8.count <= Self.longest else { return try await check() }
        let digest = Digest.sha256(token)
        if let known = state.withLock({ $0.keys === keys ? $0.claims[digest] : nil }) { return known }
        let claims = try await check()
        state.withLock { state in
            if state.keys !== keys || state.claims.count >= Self.capacity { state = State(keys: keys) }
            state.claims[digest] = claims
        }
        return claims
    }
}
