public import Contracts

/// What is wrong with a definition.
public struct DefinitionFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where, as a path into the definition, for example `steps.introduce.actions`.
    public let path: String
    /// The stable id of the rule.
    public let rule: String
    public let text: LocalizedText

    public init(path: String, rule: String, text: LocalizedText) {
        self.path = path
        self.rule = rule
        self.text = text
    }

    /// The reason in English.
    public var reason: String { text.english }

    public var description: String { "\(path): \(rule): \(reason)" }
}

/// A definition that no case could run by, with everything that is wrong.
public struct InvalidDefinition: Error, Hashable, Sendable, CustomStringConvertible {
    /// In the order of the definition; never empty.
    public let faults: [DefinitionFault]

    public var description: String { faults.map(\.description).joined(separator: "\n") }
}

/// Gathers the faults of a definition.
struct FaultList {
    private(set) var faults: [DefinitionFault] = []

    /// Notes a fault unless `holds`.
    mutating func demand(
        _ holds: Bool, _ path: String, _ rule: String, _ english: @autoclosure () -> String,
        _ vietnamese: @autoclosure () -> String
    ) {
        guard !holds else { return }
        faults.append(
            DefinitionFault(
                path: path, rule: rule, text: LocalizedText(vietnamese: vietnamese(), english: english())))
    }

    /// Names that must be lower-case words joined by dashes, each once.
    mutating func demandNames(_ names: [String], of thing: (english: String, vietnamese: String), _ path: String) {
        for name in names where !Self.isWord(name) {
            demand(
                false, "\(path).\(name)", "name.form", "the name must be lower-case words joined by dashes",
                "tên phải gồm các từ viết thường nối bằng dấu gạch ngang")
        }
        for name in Set(names.filter { name in names.count { $0 == name } > 1 }).sorted() {
            demand(
                false, path, "name.duplicate", "two \(thing.english) have the same name \(name)",
                "hai \(thing.vietnamese) trùng tên \(name)")
        }
    }

    static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 60
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }
}
