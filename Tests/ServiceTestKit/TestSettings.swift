import ServiceKit

/// The settings of a service under test.
enum TestSettings {
    static func effective<Definition: ServiceDefinition>(
        for definition: Definition.Type, url: String, keys: String, _ own: [String: String]
    ) throws -> Settings {
        var values = [
            "mode": "development", "log.level": "error", "log.requests": "false", "database.url": url,
            "kafka.bootstrapServers": "127.0.0.1:1", "identity.issuer": IdentitySettings.standInIssuer,
            "identity.keys": keys,
        ]
        values.merge(own) { _, given in given }
        return try Settings.given(values, declared: Definition.allSettings)
    }
}
