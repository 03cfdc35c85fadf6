public import Contracts
import Foundation
public import RoutingDomain
import RoutingProcedures

/// A tree of organisations from a file, to try a definition on.
///
/// Three forms, told apart by the name of the file: `*.yaml` as `docs/procedures.md` tells, and what `hosoctl generate`
/// writes, `organizations.csv` and `organizations.jsonl`.
public struct TreeFile: Sendable {
    /// One organisation of the file.
    public struct Entry: Hashable, Sendable {
        public let code: String
        public let type: OrganizationType
        public let name: String
        public let parentCode: String?
        public let meetingDay: Int?
        public let status: OrganizationStatus
        /// Where it stands in the file, from 1.
        let line: Int
    }

    public let entries: [Entry]
    public let tree: OrganizationTree
    private let ids: [String: OrganizationID]
    private let codes: [OrganizationID: String]

    /// Reads the file at a path.
    public init(path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try self.init(text: text, file: (path as NSString).lastPathComponent)
    }

    /// Reads the text of a file.
    ///
    /// - Throws: `TreeFileFault` or `ProcedureFileFault` with the line.
    public init(text: String, file: String) throws {
        let entries =
            switch (file as NSString).pathExtension {
            case "csv": try Self.csv(text)
            case "jsonl": try Self.jsonLines(text)
            default: try Self.yaml(text, file: file)
            }
        try self.init(entries)
    }

    private init(_ entries: [Entry]) throws(TreeFileFault) {
        let source = SequentialIDSource(seed: 1)
        var ids: [String: OrganizationID] = [:]
        for entry in entries {
            let known = ids.updateValue(source.next(at: Date(timeIntervalSince1970: 0)), forKey: entry.code)
            guard known == nil else {
                throw TreeFileFault(line: entry.line, reason: "the code \(entry.code) stands twice")
            }
        }
        var nodes: [OrganizationTree.Node] = []
        for entry in entries {
            guard let id = ids[entry.code] else { continue }
            let parent = entry.parentCode.flatMap { ids[$0] }
            if let code = entry.parentCode, parent == nil {
                throw TreeFileFault(line: entry.line, reason: "the parent \(code) is not in the file")
            }
            nodes.append(
                OrganizationTree.Node(
                    id: id, name: entry.name, type: entry.type, parentId: parent, status: entry.status,
                    hasSeal: !entry.type.isCell && entry.type != .group, meetingDay: entry.meetingDay))
        }
        self.entries = entries
        self.ids = ids
        codes = Dictionary(uniqueKeysWithValues: ids.map { ($1, $0) })
        tree = OrganizationTree(nodes)
    }

    /// The organisation with the code.
    public func id(_ code: String) -> OrganizationID? { ids[code] }

    /// The code and name of an organisation.
    public func label(_ id: OrganizationID) -> String {
        [codes[id], tree[id]?.name].compactMap(\.self).joined(separator: " ")
    }
}

/// Why a file gives no tree.
public struct TreeFileFault: Error, Hashable, CustomStringConvertible {
    /// From 1.
    public let line: Int
    public let reason: String

    public var description: String { "line \(line): \(reason)" }
}

extension TreeFile {
    private static func yaml(_ text: String, file: String) throws(ProcedureFileFault) -> [Entry] {
        let root = try YAMLPlace(text: text, file: file)
        guard let list = try root.entries().first(where: { $0.name == "organizations" })?.value else {
            throw root.fault("key.missing", "the key organizations is missing", "thiếu khoá organizations")
        }
        var entries: [Entry] = []
        for place in try list.list() {
            var given: [String: YAMLPlace] = [:]
            for (key, name, value) in try place.entries() {
                guard ["code", "type", "name", "parent", "meetingDay", "status"].contains(name) else {
                    throw key.fault("key.unknown", "unknown key \(name)", "khoá \(name) không có nghĩa")
                }
                given[name] = value
            }
            guard let code = given["code"], let type = given["type"] else {
                throw place.fault("key.missing", "code and type are needed", "phải có code và type")
            }
            entries.append(
                Entry(
                    code: try code.text(), type: try type.word(OrganizationType.self),
                    name: try given["name"]?.text() ?? "",
                    parentCode: try given["parent"]?.text(), meetingDay: try given["meetingDay"]?.integer(),
                    status: try given["status"]?.word(OrganizationStatus.self) ?? .active, line: place.line ?? 0))
        }
        return entries
    }

    private static func jsonLines(_ text: String) throws -> [Entry] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return try lines.enumerated().compactMap { index, line -> Entry? in
            guard !line.isEmpty else { return nil }
            guard let object = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8)) else {
                throw TreeFileFault(line: index + 1, reason: "no JSON object of texts")
            }
            return try entry(object, line: index + 1)
        }
    }

    private static func csv(_ text: String) throws(TreeFileFault) -> [Entry] {
        let records = CommaSeparated.records(of: text)
        guard let header = records.first?.cells else { throw TreeFileFault(line: 1, reason: "the file is empty") }
        var entries: [Entry] = []
        for record in records.dropFirst() {
            guard record.cells.count == header.count else {
                throw TreeFileFault(line: record.line, reason: "\(record.cells.count) cells, not \(header.count)")
            }
            let cells = zip(header, record.cells).filter { !$1.isEmpty }
            entries.append(try entry(Dictionary(cells) { first, _ in first }, line: record.line))
        }
        return entries
    }

    /// A record by the names that `hosoctl generate` gives its fields.
    private static func entry(_ fields: [String: String], line: Int) throws(TreeFileFault) -> Entry {
        guard let code = fields["code"], let type = fields["type"].flatMap(OrganizationType.init(rawValue:)) else {
            throw TreeFileFault(line: line, reason: "code or type is missing or unknown")
        }
        return Entry(
            code: code, type: type, name: fields["name"] ?? "", parentCode: fields["parentCode"],
            meetingDay: fields["meetingDay"].flatMap(Int.init), status: .active, line: line)
    }
}

/// Comma-separated values (RFC 4180).
enum CommaSeparated {
    /// The records with the line on which each begins, from 1.
    static func records(of text: String) -> [(line: Int, cells: [String])] {
        var records: [(line: Int, cells: [String])] = []
        var cells: [String] = []
        var cell = String.UnicodeScalarView()
        var isQuoted = false
        var line = 1
        var start = 1
        func endCell() {
            cells.append(String(cell))
            cell = .init()
        }
        func endRecord() {
            endCell()
            if cells != [""] { records.append((start, cells)) }
            cells = []
            start = line
        }
        var scalars = text.unicodeScalars.makeIterator()
        var pending = scalars.next()
        while let scalar = pending {
            pending = scalars.next()
            if scalar == "\n" { line += 1 }
            switch scalar {
            case "\"" where isQuoted && pending == "\"":
                cell.append(scalar)
                pending = scalars.next()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: endCell()
            case "\r" where !isQuoted && pending == "\n": break
            case "\n" where !isQuoted: endRecord()
            default: cell.append(scalar)
            }
        }
        endRecord()
        return records
    }
}
