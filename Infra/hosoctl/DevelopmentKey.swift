import ArgumentParser
import Foundation
import ServiceKit

/// The stand-in identity provider's key, on a developer's machine.
struct DevelopmentKey {
    let path: String

    func sign(
        subject: String, level: Int, roles: [String], hours: Int, issuer: String? = nil
    ) async throws -> String {
        let issuer = issuer ?? Self.configuredIssuer
        try Self.refuseProduction(issuer: issuer)
        guard let pem = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ValidationError("the key file cannot be read")
        }
        // The stand-in names its keys after their files.
        let keyID = URL(filePath: path).deletingPathExtension().lastPathComponent
        return try await DevelopmentSigner(pem: pem, keyID: keyID).sign(
            .init(
                subject: subject, level: level, roles: roles,
                expiresAt: Date().addingTimeInterval(Double(hours) * 3_600)), issuer: issuer)
    }

    /// The issuer that the services on this machine are configured with.
    static var configuredIssuer: String {
        ProcessInfo.processInfo.environment["HOSO_IDENTITY_ISSUER"] ?? IdentitySettings.standInIssuer
    }

    /// Tokens for real services come from the real provider only.
    private static func refuseProduction(issuer: String) throws {
        guard IdentitySettings.isStandIn(issuer: issuer), IdentitySettings.isStandIn(issuer: configuredIssuer),
            ProcessInfo.processInfo.environment["HOSO_MODE"] != "production"
        else { throw ValidationError("tokens are signed for the development identity only, never for production") }
    }
}
