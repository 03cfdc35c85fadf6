import Contracts
import Yams

/// One value of a YAML file that knows where it stands, so that every fault names line and column.
package struct YAMLPlace {
    let node: Node
    package let path: String
    package let file: String

    /// The whole file.
    package init(text: String, file: String) throws(ProcedureFileFault) {
        self.file = file
        path = ""
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw ProcedureFileFault(
                    file: file, mark: nil, path: "", rule: "yaml.empty",
                    text: LocalizedText(vietnamese: "tệp rỗng", english: "the file is empty"))
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

    /// The line, from 1.
    package var line: Int? { node.mark?.line }

    /// A fault at this place, under its own path or under the one that a rule names.
    package func fault(
        _ rule: String, _ english: String, _ vietnamese: String, path: String? = nil
    ) -> ProcedureFileFault {
        ProcedureFileFault(
            file: file, mark: node.mark, path: path ?? self.path, rule: rule,
            text: LocalizedText(vietnamese: vietnamese, english: english))
    }

    /// The values of a mapping with their keys, in the order of the file.
    package func entries() throws(ProcedureFileFault) -> [(key: YAMLPlace, name: String, value: YAMLPlace)] {
        guard case .mapping(let mapping) = node else {
            throw fault("yaml.mapping", "must be a mapping", "phải là bảng")
        }
        var entries: [(key: YAMLPlace, name: String, value: YAMLPlace)] = []
        for (key, value) in mapping {
            let place = YAMLPlace(node: key, path: path, file: file)
            guard let name = key.scalar?.string else {
                throw place.fault("yaml.key", "a key must be a word", "khoá phải là một từ")
            }
            let inner = YAMLPlace(node: value, path: path.isEmpty ? name : "\(path).\(name)", file: file)
            entries.append((place, name, inner))
        }
        return entries
    }

    /// The elements of a list.
    package func list() throws(ProcedureFileFault) -> [YAMLPlace] {
        guard case .sequence(let sequence) = node else {
            throw fault("yaml.list", "must be a list", "phải là danh sách")
        }
        return sequence.enumerated().map { YAMLPlace(node: $1, path: "\(path)[\($0)]", file: file) }
    }

    /// The text.
    package func text() throws(ProcedureFileFault) -> String {
        guard let text = node.scalar?.string, !text.isEmpty else {
            throw fault("yaml.text", "must be a text", "phải là văn bản")
        }
        return text
    }

    /// The whole number.
    package func integer() throws(ProcedureFileFault) -> Int {
        guard node.scalar != nil, let number = node.int else {
            throw fault("yaml.integer", "must be a whole number", "phải là số nguyên")
        }
        return number
    }

    /// The truth value.
    package func flag() throws(ProcedureFileFault) -> Bool {
        guard node.scalar != nil, let flag = node.bool else {
            throw fault("yaml.flag", "must be true or false", "phải là true hoặc false")
        }
        return flag
    }

    /// One of the words of an enumeration.
    package func word<Word: RawRepresentable<String> & CaseIterable>(
        _ type: Word.Type = Word.self
    ) throws(ProcedureFileFault) -> Word {
        guard let word = Word(rawValue: try text()) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw fault("word.unknown", "must be one of: \(known)", "phải là một trong: \(known)")
        }
        return word
    }

    /// The place that a path of the rules names, such as `steps.introduce.actions`, or the nearest one above it.
    func place(at path: String) -> YAMLPlace {
        var place = self
        for part in path.split(separator: ".").map(String.init) {
            guard let inner = place.child(part) else { break }
            place = inner
        }
        return place
    }

    /// The value of a key, or the element of a list that has the name.
    private func child(_ name: String) -> YAMLPlace? {
        switch node {
        case .mapping: (try? entries())?.first { $0.name == name }?.value
        case .sequence: (try? list())?.first { $0.node["name"]?.scalar?.string == name }
        default: nil
        }
    }
}
