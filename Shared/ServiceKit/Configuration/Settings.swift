public import Foundation

/// The effective configuration of one process: every declared setting with its value and where that came from.
public struct Settings: Sendable {
    /// How strict a process is.
    public enum Mode: String, Sendable {
        /// Refuses everything that is only for development.
        case production
        /// Accepts stand-ins for outside parties.
        case development
    }

    /// Where a value came from.
    public enum Origin: Sendable, Equatable, CustomStringConvertible {
        /// The environment variable of this name.
        case environment(String)
        /// The secret's own file, named by the environment variable.
        case secretFile(String)
        /// The configuration file.
        case file(String)
        /// The declaration.
        case defaultValue
        /// Set by a test or a program that holds the values itself.
        case given

        /// The origin as an operator reads it.
        public var description: String {
            switch self {
            case .environment(let name): "environment \(name)"
            case .secretFile(let name): "file named by \(name)"
            case .file(let path): "file \(path)"
            case .defaultValue: "default"
            case .given: "given"
            }
        }
    }

    /// One setting that has a value.
    public struct Value: Sendable {
        /// The value as text.
        public var text: String
        /// Where it came from.
        public var origin: Origin
    }

    /// Every declared setting, in order.
    public let declared: [Setting]
    /// The values of those that have one, by key.
    public let values: [String: Value]
    private let byKey: [String: Setting]

    init(declared: [Setting], values: [String: Value]) {
        self.declared = declared
        self.values = values
        byKey = Dictionary(declared.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// How strict this process is; production unless said otherwise.
    public var mode: Mode { values["mode"].flatMap { Mode(rawValue: $0.text) } ?? .production }

    /// The values that no log line may show.
    public var secrets: [String] {
        declared.filter(\.isSecret).compactMap { values[$0.key]?.text }
    }

    /// A text; throws when the key is not declared or has no value.
    public func string(_ key: String) throws(ConfigurationFault) -> String {
        guard let text = try stringIfSet(key) else { throw fault(key, "has no value") }
        return text
    }

    /// A text, or nothing when the setting has no value.
    public func stringIfSet(_ key: String) throws(ConfigurationFault) -> String? {
        guard byKey[key] != nil else { throw fault(key, "is read but not declared") }
        return values[key]?.text
    }

    /// A whole number.
    public func int(_ key: String) throws(ConfigurationFault) -> Int {
        guard let value = Int(try string(key)) else { throw fault(key, "must be a whole number") }
        return value
    }

    /// A length of time.
    public func duration(_ key: String) throws(ConfigurationFault) -> Duration {
        guard let value = SettingValue.duration(try string(key)) else { throw fault(key, "must be a duration") }
        return value
    }

    /// A length of time in seconds, for arithmetic with dates.
    public func seconds(_ key: String) throws(ConfigurationFault) -> TimeInterval {
        let (seconds, attoseconds) = try duration(key).components
        return TimeInterval(seconds) + TimeInterval(attoseconds) * 1e-18
    }

    /// True or false.
    public func bool(_ key: String) throws(ConfigurationFault) -> Bool {
        guard let value = SettingValue.bool(try string(key)) else { throw fault(key, "must be true or false") }
        return value
    }

    /// An absolute URL.
    public func url(_ key: String) throws(ConfigurationFault) -> URL {
        guard let value = SettingValue.url(try string(key)) else { throw fault(key, "must be an absolute URL") }
        return value
    }

    /// Texts, none of them empty.
    public func list(_ key: String) throws(ConfigurationFault) -> [String] {
        SettingValue.list(try stringIfSet(key) ?? "")
    }

    /// A path in the file system.
    public func path(_ key: String) throws(ConfigurationFault) -> String { try string(key) }

    private func fault(_ key: String, _ fault: String) -> ConfigurationFault {
        ConfigurationFault(entries: [.init(key: key, fault: fault)])
    }
}
