public import Configuration
import Foundation

/// Collects the values of the declared settings and names everything that is wrong with them at once.
///
/// The sources are providers of swift-configuration: another one (a vault, a directory of files) is added by putting it
/// into `providers`.
public struct SettingsLoader: Sendable {
    /// Every declared setting.
    public var declared: [Setting]
    /// The variables of the process.
    public var environment: [String: String]
    /// The configuration file, where one is used.
    public var filePath: String?
    /// Further sources between the environment and the file, keyed by the parts of the dotted key.
    public var providers: [any ConfigProvider]
    /// The first parts of the keys of all services: variables of another service are none of this one's business.
    public var foreignPrefixes: [String]

    /// Variables of the suite that no service reads.
    static let toolPrefixes = ["HOSO_DEV_", "HOSO_TEST_", "HOSO_BENCH_", "HOSO_ONLY", "HOSO_CONFIG"]

    /// Describes where to look.
    public init(
        declared: [Setting], environment: [String: String], filePath: String? = nil,
        providers: [any ConfigProvider] = [], foreignPrefixes: [String] = []
    ) {
        self.declared = declared
        self.environment = environment
        self.filePath = filePath ?? environment["HOSO_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        self.providers = providers
        self.foreignPrefixes = foreignPrefixes
    }

    /// The effective configuration.
    ///
    /// - Parameter isNeeded: which of the required settings this command needs; all of them unless said otherwise.
    public func load(isNeeded: (Setting) -> Bool = { _ in true }) throws(ConfigurationFault) -> Settings {
        let (settings, faults) = inspect(isNeeded: isNeeded)
        guard faults.isEmpty else { throw ConfigurationFault(entries: faults) }
        return settings
    }

    /// The configuration as far as it can be read, and everything that is wrong with it.
    public func inspect(isNeeded: (Setting) -> Bool = { _ in true }) -> (Settings, [ConfigurationFault.Entry]) {
        var faults: [ConfigurationFault.Entry] = []
        var file: [String: String] = [:]
        if let filePath {
            do { file = try ConfigurationFile.read(path: filePath) } catch { faults += error.entries }
        }
        var values: [String: Settings.Value] = [:]
        let sources = sources(file: file)
        for setting in declared {
            do {
                values[setting.key] = try value(of: setting, in: sources)
            } catch {
                faults += error.entries
            }
        }
        let settings = Settings(declared: declared, values: values)
        faults += declared.flatMap { check($0, in: settings, isNeeded: isNeeded($0)) }
        faults += declaredTwice() + unknownFileKeys(file) + unknownVariables()
        return (settings, faults)
    }

    private struct Source {
        var provider: any ConfigProvider
        var key: (Setting) -> AbsoluteConfigKey
        var origin: (Setting) -> Settings.Origin
    }

    private func sources(file: [String: String]) -> [Source] {
        let environmentProvider = EnvironmentVariablesProvider(
            environmentVariables: environment.filter { !$0.value.isEmpty })
        let own = Source(
            provider: environmentProvider, key: { AbsoluteConfigKey([$0.environmentName]) },
            origin: { .environment($0.environmentName) })
        let shared = Source(
            provider: environmentProvider,
            key: { AbsoluteConfigKey([$0.sharedEnvironmentName ?? "HOSO_NONE"]) },
            origin: { .environment($0.sharedEnvironmentName ?? "") })
        let others = providers.map { provider in
            Source(
                provider: provider,
                key: { AbsoluteConfigKey($0.key.split(separator: ".").map(String.init)) },
                origin: { _ in .file(provider.providerName) })
        }
        let fromFile = Source(
            provider: InMemoryProvider(
                name: "file",
                values: Dictionary(
                    uniqueKeysWithValues: file.map {
                        (AbsoluteConfigKey([$0.key]), .init(.string($0.value), isSecret: false))
                    })),
            key: { AbsoluteConfigKey([$0.key]) }, origin: { _ in .file(filePath ?? "") })
        return [own, shared] + others + [fromFile]
    }

    private func value(of setting: Setting, in sources: [Source]) throws(ConfigurationFault) -> Settings.Value? {
        if let secret = try secretFile(of: setting) { return secret }
        for source in sources {
            let result = try? source.provider.value(forKey: source.key(setting), type: .string)
            guard case .string(let text)? = result?.value?.content else { continue }
            return Settings.Value(text: text, origin: source.origin(setting))
        }
        return setting.defaultValue.map { Settings.Value(text: $0, origin: .defaultValue) }
    }

    private func secretFile(of setting: Setting) throws(ConfigurationFault) -> Settings.Value? {
        let names = [setting.environmentName, setting.sharedEnvironmentName].compactMap { $0 }
        for name in names {
            let variable = name + "_FILE"
            guard let path = environment[variable], !path.isEmpty else { continue }
            guard setting.isSecret else {
                throw ConfigurationFault(entries: [.init(key: variable, fault: "only secrets are read from a file")])
            }
            guard environment[name] == nil else {
                throw ConfigurationFault(
                    entries: [.init(key: setting.key, fault: "is given by both \(name) and \(variable)")])
            }
            guard let content = FileManager.default.contents(atPath: path),
                let text = String(bytes: content, encoding: .utf8)
            else {
                throw ConfigurationFault(
                    entries: [.init(key: setting.key, fault: "the file named by \(variable) cannot be read")])
            }
            // Editors end a file with a line break that belongs to no secret.
            return Settings.Value(text: text.trimmingCharacters(in: .newlines), origin: .secretFile(variable))
        }
        return nil
    }
}
