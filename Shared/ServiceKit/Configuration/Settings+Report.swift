extension Settings {
    /// One line of the effective configuration as an operator may see it.
    public struct Line: Sendable, Equatable {
        /// The dotted key.
        public var key: String
        /// The value; hidden when secret, `-` when absent.
        public var value: String
        /// Where it came from.
        public var origin: String
        /// One sentence on what it is.
        public var help: String
    }

    /// The effective configuration, secrets hidden, in the order of declaration.
    public var report: [Line] {
        declared.map { setting in
            let value = values[setting.key]
            return Line(
                key: setting.key, value: Self.shown(value?.text, of: setting),
                origin: value?.origin.description ?? "not set", help: setting.help)
        }
    }

    private static func shown(_ text: String?, of setting: Setting) -> String {
        guard let text else { return "-" }
        return setting.isSecret ? "(hidden)" : text
    }

    /// Settings for a test or a program that holds the values itself: the declared defaults with some values replaced.
    public static func given(_ values: [String: String], declared: [Setting]) throws(ConfigurationFault) -> Settings {
        let known = Set(declared.map(\.key))
        if let unknown = values.keys.sorted().first(where: { !known.contains($0) }) {
            throw ConfigurationFault(entries: [.init(key: unknown, fault: "is not a setting of this service")])
        }
        var all: [String: Value] = [:]
        for setting in declared {
            if let text = values[setting.key] {
                all[setting.key] = Value(text: text, origin: .given)
            } else if let text = setting.defaultValue {
                all[setting.key] = Value(text: text, origin: .defaultValue)
            }
        }
        return Settings(declared: declared, values: all)
    }
}
