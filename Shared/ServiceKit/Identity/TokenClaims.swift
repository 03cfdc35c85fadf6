import Contracts
import Foundation
import JWTKit

/// What a token of the identity provider says.
struct TokenClaims: JWTPayload {
    var subject: SubjectClaim
    var issuer: IssuerClaim
    var audience: AudienceClaim
    var expiration: ExpirationClaim
    var notBefore: NotBeforeClaim?
    /// The level of assurance, 1 to 3.
    var levelOfAssurance: Int?
    var roles: [String]?
    var scope: String?

    enum CodingKeys: String, CodingKey {
        case subject = "sub"
        case issuer = "iss"
        case audience = "aud"
        case expiration = "exp"
        case notBefore = "nbf"
        case levelOfAssurance = "loa"
        case roles
        case scope
    }

    init(
        subject: String, issuer: String, audience: String, expiration: Date, notBefore: Date?, levelOfAssurance: Int?,
        roles: [String]?
    ) {
        self.subject = .init(value: subject)
        self.issuer = .init(value: issuer)
        self.audience = .init(value: audience)
        self.expiration = .init(value: expiration)
        self.notBefore = notBefore.map { .init(value: $0) }
        self.levelOfAssurance = levelOfAssurance
        self.roles = roles
    }

    /// Providers write the level as a number or as text, and several roles as a list or as one text with blanks.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        subject = try container.decode(SubjectClaim.self, forKey: .subject)
        issuer = try container.decode(IssuerClaim.self, forKey: .issuer)
        audience = try container.decode(AudienceClaim.self, forKey: .audience)
        expiration = try container.decode(ExpirationClaim.self, forKey: .expiration)
        notBefore = try container.decodeIfPresent(NotBeforeClaim.self, forKey: .notBefore)
        levelOfAssurance =
            try (try? container.decodeIfPresent(Int.self, forKey: .levelOfAssurance))
            ?? container.decodeIfPresent(String.self, forKey: .levelOfAssurance).flatMap { Int($0) }
        roles =
            try (try? container.decodeIfPresent([String].self, forKey: .roles))
            ?? container.decodeIfPresent(String.self, forKey: .roles)?.split(separator: " ").map(String.init)
        scope = try container.decodeIfPresent(String.self, forKey: .scope)
    }

    /// Times are checked by the verifier, against its own clock.
    func verify(using key: some JWTAlgorithm) {}

    /// Who this is; nothing when the subject is of no form known here.
    var caller: Caller? {
        let name = subject.value
        let memberID = MemberID(name)
        let isKnownForm =
            memberID != nil || name.hasPrefix("operator:") && name.count > 9
            || name.hasPrefix("service:") && name.count > 8
        guard isKnownForm, name.utf8.count <= 128 else { return nil }
        return Caller(
            subject: memberID.map { "\($0)" } ?? name, memberID: memberID, assuranceLevel: levelOfAssurance ?? 1,
            roles: Set(roles ?? []), scopes: Set((scope ?? "").split(separator: " ").map(String.init)))
    }
}
