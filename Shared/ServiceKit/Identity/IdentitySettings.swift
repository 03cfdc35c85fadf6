public import Contracts
import Foundation
public import Logging

/// Builds the token check from the configuration.
public enum IdentitySettings {
    /// The issuer of the stand-in that signs tokens on a developer's machine.
    public static let standInIssuer = "urn:hoso:development:identity"

    /// The token check of a service; throws what is wrong with its settings.
    public static func verifier(
        _ settings: Settings, time: any TimeSource, logger: Logger
    ) throws(ConfigurationFault) -> TokenVerifier {
        let issuer = try settings.string("identity.issuer")
        let source = try settings.string("identity.keys")
        if settings.mode == .production { try refuseStandIns(issuer: issuer, source: source) }
        let fetch = isURL(source) ? KeyFetch.url(source) : KeyFetch.file(source)
        let keys = RefreshingKeys(
            refresh: try settings.seconds("identity.refresh"), time: time, logger: logger, fetch: fetch)
        return TokenVerifier(
            keys: keys, issuer: issuer, audience: try settings.string("identity.audience"),
            leeway: try settings.seconds("identity.leeway"), time: time)
    }

    /// Whether tokens of this issuer are only for development.
    public static func isStandIn(issuer: String) -> Bool {
        if issuer.hasPrefix("urn:hoso:development") { return true }
        guard let host = URL(string: issuer)?.host?.lowercased() else { return false }
        return ["localhost", "127.0.0.1", "::1"].contains(host) || host.hasSuffix(".test") || host.hasSuffix(".invalid")
            || host.hasSuffix(".localhost") || host.hasSuffix(".example")
    }

    private static func isURL(_ source: String) -> Bool {
        source.hasPrefix("https://") || source.hasPrefix("http://")
    }

    private static func refuseStandIns(issuer: String, source: String) throws(ConfigurationFault) {
        var faults: [ConfigurationFault.Entry] = []
        if isStandIn(issuer: issuer) {
            faults.append(.init(key: "identity.issuer", fault: "is a stand-in and refused in production"))
        }
        if source.hasPrefix("http://") {
            faults.append(.init(key: "identity.keys", fault: "must be fetched over https in production"))
        }
        guard faults.isEmpty else { throw ConfigurationFault(entries: faults) }
    }
}
