import Foundation

/// Reads and checks the text of one value.
enum SettingValue {
    /// Why a text is not a value of its kind, or nothing when it is.
    static func fault(in text: String, of setting: Setting) -> String? {
        if let fault = kindFault(in: text, of: setting.kind) { return fault }
        if !setting.allowed.isEmpty, !setting.allowed.contains(text) {
            return "must be one of \(setting.allowed.joined(separator: ", "))"
        }
        if let range = setting.range, let number = Int(text), !range.contains(number) {
            return "must be between \(range.lowerBound) and \(range.upperBound)"
        }
        return nil
    }

    private static func kindFault(in text: String, of kind: Setting.Kind) -> String? {
        switch kind {
        case .string: text.isEmpty ? "must not be empty" : nil
        case .int: Int(text) == nil ? "must be a whole number" : nil
        case .duration: duration(text) == nil ? "must be a duration such as 250ms, 5s, 10m, 8h or 7d" : nil
        case .bool: bool(text) == nil ? "must be true or false" : nil
        case .url: url(text) == nil ? "must be an absolute URL" : nil
        case .list: nil
        case .path: text.isEmpty || text.contains("\0") ? "must be a path" : nil
        }
    }

    static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    static func url(_ text: String) -> URL? {
        guard let url = URL(string: text), let scheme = url.scheme, !scheme.isEmpty else { return nil }
        return url
    }

    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    static func duration(_ text: String) -> Duration? {
        let units: [(String, Duration)] = [
            ("ms", .milliseconds(1)), ("us", .microseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)),
            ("h", .seconds(3600)), ("d", .seconds(86_400)),
        ]
        for (suffix, unit) in units where text.hasSuffix(suffix) {
            guard let number = Int(text.dropLast(suffix.count)), number >= 0, number <= 1_000_000_000 else {
                return nil
            }
            return unit * number
        }
        return nil
    }
}
