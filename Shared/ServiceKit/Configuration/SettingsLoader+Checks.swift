extension SettingsLoader {
    /// What is wrong with the value, or the absence, of one setting.
    func check(_ setting: Setting, in settings: Settings, isNeeded: Bool) -> [ConfigurationFault.Entry] {
        guard let value = settings.values[setting.key] else {
            guard setting.isRequired, isNeeded else { return [] }
            return [.init(key: setting.key, fault: "is missing (set \(names(of: setting)))")]
        }
        if setting.hasDevelopmentDefault, isNeeded, value.origin == .defaultValue, settings.mode == .production {
            let fault = "must be stated in production, its default is for development (set \(names(of: setting)))"
            return [.init(key: setting.key, fault: fault)]
        }
        if let fault = SettingValue.fault(in: value.text, of: setting) {
            return [.init(key: setting.key, fault: "\(fault) (\(value.origin))")]
        }
        if setting.isDevelopmentOnly, value.origin != .defaultValue, settings.mode == .production {
            return [.init(key: setting.key, fault: "is for development only and refused in production")]
        }
        return []
    }

    private func names(of setting: Setting) -> String {
        [setting.environmentName, setting.sharedEnvironmentName].compactMap(\.self).joined(separator: " or ")
    }

    /// A service that declares a common setting again would change its meaning unseen.
    func declaredTwice() -> [ConfigurationFault.Entry] {
        Dictionary(grouping: declared, by: \.environmentName).filter { $0.value.count > 1 }.keys.sorted().map {
            .init(key: $0, fault: "is declared twice")
        }
    }

    /// Keys of the file that nobody declared.
    func unknownFileKeys(_ file: [String: String]) -> [ConfigurationFault.Entry] {
        let known = declared.map(\.key)
        let knownSet = Set(known)
        return file.keys.filter { !knownSet.contains($0) }.sorted().map { key in
            .init(key: key, fault: "is not a setting of this service" + hint(key, known))
        }
    }

    /// Variables that look like settings of this service but are none.
    func unknownVariables() -> [ConfigurationFault.Entry] {
        let known = declared.map(\.environmentName)
        let knownSet = Set(known + declared.filter(\.isSecret).map { $0.environmentName + "_FILE" })
        let foreign = foreignPrefixes.map { "HOSO_\(Setting.environmentPart(of: $0))_" }
        return environment.keys.filter { name in
            name.hasPrefix("HOSO_") && !knownSet.contains(name)
                && !Self.toolPrefixes.contains { name.hasPrefix($0) } && !foreign.contains { name.hasPrefix($0) }
                && !isFileOfKnown(name)
        }.sorted().map { .init(key: $0, fault: "is not a setting of this service" + hint($0, known)) }
    }

    /// A `_FILE` variable of a setting that is no secret is told by its own fault.
    private func isFileOfKnown(_ name: String) -> Bool {
        name.hasSuffix("_FILE") && declared.contains { $0.environmentName == name.dropLast(5) }
    }

    private func hint(_ name: String, _ known: [String]) -> String {
        Suggestion.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
    }
}
