import Foundation

/// The configuration file: one JSON object, nested or with dotted keys.
enum ConfigurationFile {
    /// Reads a file into dotted keys and texts.
    static func read(path: String) throws(ConfigurationFault) -> [String: String] {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw ConfigurationFault(entries: [.init(key: path, fault: "the configuration file cannot be read")])
        }
        return try flatten(content, name: path)
    }

    static func flatten(_ content: Data, name: String) throws(ConfigurationFault) -> [String: String] {
        guard let object = try? JSONSerialization.jsonObject(with: content), let root = object as? [String: Any] else {
            throw ConfigurationFault(entries: [.init(key: name, fault: "the configuration file is no JSON object")])
        }
        var flat: [String: String] = [:]
        var faults: [ConfigurationFault.Entry] = []
        flatten(root, prefix: "", into: &flat, &faults)
        guard faults.isEmpty else { throw ConfigurationFault(entries: faults.sorted { $0.key < $1.key }) }
        return flat
    }

    private static func flatten(
        _ object: [String: Any], prefix: String, into flat: inout [String: String],
        _ faults: inout [ConfigurationFault.Entry]
    ) {
        for (name, value) in object {
            let key = prefix + name
            if let nested = value as? [String: Any] {
                flatten(nested, prefix: key + ".", into: &flat, &faults)
            } else if let text = text(of: value) {
                if flat.updateValue(text, forKey: key) != nil {
                    faults.append(.init(key: key, fault: "is given twice in the configuration file"))
                }
            } else {
                faults.append(.init(key: key, fault: "holds neither a text, a number, true, false nor a list of these"))
            }
        }
    }

    private static func text(of value: Any) -> String? {
        switch value {
        case let text as String: text
        // A JSON true is also an NSNumber 1: it has to be asked for by its Objective-C type first.
        case let number as NSNumber where String(cString: number.objCType) == "c": number.boolValue ? "true" : "false"
        case let number as NSNumber: number.stringValue
        case let list as [Any]: joined(list)
        default: nil
        }
    }

    private static func joined(_ list: [Any]) -> String? {
        let texts = list.compactMap { $0 is [Any] ? nil : text(of: $0) }
        return texts.count == list.count ? texts.joined(separator: ",") : nil
    }
}
