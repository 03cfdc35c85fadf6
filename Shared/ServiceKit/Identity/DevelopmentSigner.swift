import Contracts
public import Foundation
import JWTKit

/// Signs tokens as the stand-in for the identity provider does: on a developer's machine and in tests.
///
/// It holds whatever key it is given and signs for the stand-in's issuer only, which production refuses.
public struct DevelopmentSigner: Sendable {
    /// What a token is to say.
    public struct Token: Sendable {
        /// The subject: a member's id, `operator:<name>` or `service:<name>`.
        public var subject: String
        /// The level of assurance.
        public var level: Int
        /// Roles such as `hoso.operator`.
        public var roles: [String]
        /// What it is meant for.
        public var audience: String
        /// From when it counts.
        public var notBefore: Date?
        /// Until when it counts.
        public var expiresAt: Date

        /// Describes a token.
        public init(
            subject: String, level: Int = 2, roles: [String] = [], audience: String = "hoso", notBefore: Date? = nil,
            expiresAt: Date
        ) {
            self.subject = subject
            self.level = level
            self.roles = roles
            self.audience = audience
            self.notBefore = notBefore
            self.expiresAt = expiresAt
        }
    }

    private enum Key: Sendable {
        case ecdsa(ES256PrivateKey)
        case rsa(Insecure.RSA.PrivateKey)
    }

    private let key: Key
    private let keyID: String

    /// A signer with a new key.
    public init(keyID: String = "development") {
        key = .ecdsa(ES256PrivateKey())
        self.keyID = keyID
    }

    /// A signer with the RSA or P-256 key of a PEM file; throws when it holds none.
    ///
    /// - Parameter keyID: the `kid` under which the stand-in publishes the key.
    public init(pem: String, keyID: String) throws {
        if let ecdsa = try? ES256PrivateKey(pem: pem) {
            key = .ecdsa(ecdsa)
        } else {
            key = .rsa(try Insecure.RSA.PrivateKey(pem: pem))
        }
        self.keyID = keyID
    }

    /// The public key as the JWKS document that services read; nothing for an RSA key, which its owner publishes.
    public var keySet: String {
        guard case .ecdsa(let key) = key else { return #"{"keys":[]}"# }
        let parameters = key.parameters
        return """
            {"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"\(keyID)",\
            "x":"\(Self.unpadded(parameters?.x))","y":"\(Self.unpadded(parameters?.y))"}]}
            """
    }

    /// A signed token.
    public func sign(_ token: Token, issuer: String = IdentitySettings.standInIssuer) async throws -> String {
        let keys = JWTKeyCollection()
        switch key {
        case .ecdsa(let key): await keys.add(ecdsa: key, kid: JWKIdentifier(string: keyID))
        case .rsa(let key): await keys.add(rsa: key, digestAlgorithm: .sha256, kid: JWKIdentifier(string: keyID))
        }
        let claims = TokenClaims(
            subject: token.subject, issuer: issuer, audience: token.audience, expiration: token.expiresAt,
            notBefore: token.notBefore, levelOfAssurance: token.level, roles: token.roles.isEmpty ? nil : token.roles)
        return try await keys.sign(claims, kid: JWKIdentifier(string: keyID))
    }

    /// JWKS is written in Base64url without padding.
    private static func unpadded(_ text: String?) -> String {
        (text ?? "").replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
