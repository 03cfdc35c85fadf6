public import Contracts
import Yams

/// Why a file that describes a procedure cannot be used.
public struct ProcedureFileFault: Error, Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// From 1; absent where the parser tells none.
    public let line: Int?
    public let column: Int?
    /// The field, as a path into the file.
    public let path: String
    /// The stable id of the rule.
    public let rule: String
    public let text: LocalizedText

    init(file: String, mark: Mark?, path: String, rule: String, text: LocalizedText) {
        self.file = file
        line = mark?.line
        column = mark?.column
        self.path = path
        self.rule = rule
        self.text = text
    }

    /// What the parser itself has to say.
    init(file: String, _ error: any Error) {
        func syntax(_ problem: String) -> LocalizedText {
            LocalizedText(vietnamese: "sai cú pháp YAML: \(problem)", english: problem)
        }
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(file: file, mark: mark, path: "", rule: "yaml.syntax", text: syntax(problem))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.sorted().joined(separator: ", ")
            self.init(
                file: file, mark: context.mark, path: "", rule: "yaml.duplicate",
                text: LocalizedText(vietnamese: "khoá \(keys) nêu hai lần", english: "duplicate key \(keys)"))
        default:
            self.init(file: file, mark: nil, path: "", rule: "yaml.syntax", text: syntax("not YAML: \(error)"))
        }
    }

    /// The reason in English.
    public var reason: String { text.english }

    /// `file:line:column: field: rule: English / Vietnamese`
    public var description: String {
        let place = [line, column].compactMap { $0.map(String.init) }
        let parts = [
            ([file] + place).joined(separator: ":"), path, rule, "\(text.english) / \(text.vietnamese)",
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// Everything that is wrong with a file.
public struct ProcedureFileFaults: Error, Hashable, Sendable, CustomStringConvertible {
    /// By line; never empty.
    public let faults: [ProcedureFileFault]

    init(_ faults: [ProcedureFileFault]) {
        self.faults = faults.enumerated()
            .sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }.map(\.element)
    }

    /// What somebody else than the reader finds wrong with a text that can be read, at the place of the field.
    public init(_ rule: String, at path: String, of yaml: String, file: String, text: LocalizedText) {
        let place = try? YAMLPlace(text: yaml, file: file).place(at: path)
        self.init([ProcedureFileFault(file: file, mark: place?.node.mark, path: path, rule: rule, text: text)])
    }

    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
