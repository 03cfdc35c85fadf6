import Contracts
import Yams

/// One value of a YAML file that knows where it stands, so that every fault names line and column.
struct YAMLPlace {
    let node: Node
    let path: String
    let file: String

    /// The whole file.
    init(text: String, file: String) throws(ProcedureFileFault) {
        self.file = file
        path = ""
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw ProcedureFileFault(file: file, mark: nil, path: "", reason: "the file is empty")
            }
            self.node = node
        } catch let fault as ProcedureFileFault {
            throw fault
        } catch {
            throw ProcedureFileFault(file: file, error)
        }
    }

    private init(node: Node, path: String, file: String) {
        self.node = node
        self.path = path
        self.file = file
    }

    /// A fault at this place, under its own path or under the one that a rule names.
    func fault(_ reason: String, path: String? = nil) -> ProcedureFileFault {
        ProcedureFileFault(file: file, mark: node.mark, path: path ?? self.path, reason: reason)
    }

    /// Whether it is a mapping with that name in it.
    func isNamed(_ name: String) -> Bool { node["name"]?.scalar?.string == name }

    /// The values of a mapping, which may have these keys and no others.
    func fields(required: [String] = [], optional: [String] = []) throws(ProcedureFileFault) -> [String: YAMLPlace] {
        guard case .mapping(let mapping) = node else { throw fault("must be a mapping") }
        var fields: [String: YAMLPlace] = [:]
        for (key, value) in mapping {
            let place = YAMLPlace(node: key, path: path, file: file)
            guard let name = key.scalar?.string else { throw place.fault("a key must be a word") }
            guard required.contains(name) || optional.contains(name) else { throw place.fault("unknown key \(name)") }
            fields[name] = YAMLPlace(node: value, path: path.isEmpty ? name : "\(path).\(name)", file: file)
        }
        if let missing = required.first(where: { fields[$0] == nil }) { throw fault("the key \(missing) is missing") }
        return fields
    }

    /// The elements of a list.
    func list() throws(ProcedureFileFault) -> [YAMLPlace] {
        guard case .sequence(let sequence) = node else { throw fault("must be a list") }
        return sequence.enumerated().map { YAMLPlace(node: $1, path: "\(path)[\($0)]", file: file) }
    }

    /// The text.
    func text() throws(ProcedureFileFault) -> String {
        guard let text = node.scalar?.string, !text.isEmpty else { throw fault("must be a text") }
        return text
    }

    /// The whole number.
    func integer() throws(ProcedureFileFault) -> Int {
        guard node.scalar != nil, let number = node.int else { throw fault("must be a whole number") }
        return number
    }

    /// The truth value.
    func flag() throws(ProcedureFileFault) -> Bool {
        guard node.scalar != nil, let flag = node.bool else { throw fault("must be true or false") }
        return flag
    }

    /// One of the words of an enumeration.
    func word<Word: RawRepresentable<String> & CaseIterable>(
        _ type: Word.Type = Word.self
    ) throws(ProcedureFileFault) -> Word {
        guard let word = Word(rawValue: try text()) else {
            throw fault("must be one of: \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }
}

/// Why a file that describes a procedure cannot be used.
struct ProcedureFileFault: Error, Hashable, CustomStringConvertible {
    let file: String
    /// From 1; absent where the parser tells none.
    let line: Int?
    let column: Int?
    let path: String
    let reason: String

    init(file: String, mark: Mark?, path: String, reason: String) {
        self.file = file
        line = mark?.line
        column = mark?.column
        self.path = path
        self.reason = reason
    }

    /// What the parser itself has to say.
    init(file: String, _ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(file: file, mark: mark, path: "", reason: problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.sorted().joined(separator: ", ")
            self.init(file: file, mark: context.mark, path: "", reason: "duplicate key \(keys)")
        default:
            self.init(file: file, mark: nil, path: "", reason: "not YAML: \(error)")
        }
    }

    var description: String {
        let place = [line, column].compactMap { $0.map(String.init) }
        let parts = [([file] + place).joined(separator: ":"), path, reason]
        return parts.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
