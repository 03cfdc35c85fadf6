import ArgumentParser
import Contracts
import Foundation
import MadeUpCountry
import ProcedureTools
import RoutingDomain
import RoutingProcedures
import Testing
import WorkingTime

/// A small tree as an author writes it.
let smallTree = """
    organizations:
      - { code: T, type: provincial, name: Đảng bộ tỉnh Mẫu }
      - { code: T.1, type: commune, name: Đảng bộ xã Mẫu A, parent: T }
      - { code: T.1.1, type: base-organisation, name: Đảng bộ cơ sở A, parent: T.1 }
      - { code: T.1.1.1, type: section, name: Đảng bộ bộ phận A, parent: T.1.1 }
      - { code: T.1.1.1.1, type: subordinate-cell, name: Chi bộ A1, parent: T.1.1.1, meetingDay: 3 }
      - { code: T.1.1.2, type: subordinate-cell, name: Chi bộ A2, parent: T.1.1 }
      - { code: T.2, type: commune, name: Đảng bộ xã Mẫu B, parent: T }
      - { code: T.2.1, type: base-cell, name: Chi bộ cơ sở B1, parent: T.2 }
      - { code: T.2.2, type: base-cell, name: Chi bộ cơ sở B2, parent: T.2 }
    """

@Suite("hosoctl procedure: check")
struct CheckTests {
    func faults(_ text: String) throws -> [ProcedureFileFault] {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        return try ProcedureSource.faults(file.path)
    }

    @Test("every published definition can be used")
    func published() throws {
        #expect(ProcedureCatalogue.texts.count == 6)
        for (name, text) in ProcedureCatalogue.texts { #expect(try faults(text).isEmpty, "\(name)") }
    }

    @Test("each fault is a line with file, line, field, rule, English and Vietnamese")
    func broken() throws {
        let text = try #require(ProcedureCatalogue.texts["dues-objection.yaml"])
        let faults = try faults(
            text.replacing("role: cell-dues-officer", with: "role: treasurer")
                .replacing("steps: [examine, decide]", with: "steps: [decide]"))
        // Without the step that refers to it, the cell's step is unreachable too.
        #expect(Set(faults.map(\.rule)).isSuperset(of: ["step.unreachable", "word.unknown"]))
        let role = try #require(faults.first { $0.rule == "word.unknown" })
        #expect(
            role.description.contains(": steps[1].role: word.unknown: must be one of: member,")
                && role.description.contains(" / phải là một trong: member,"))
        #expect(role.line != nil)
    }

    @Test("a name that is neither a procedure nor a file is refused")
    func unknown() throws {
        #expect(throws: UnknownProcedure.self) { try ProcedureSource.definition("no-such-procedure") }
        #expect(try ProcedureSource.definition("official-transfer").procedure == .officialTransfer)
    }
}

@Suite("hosoctl procedure: graph")
struct GraphTests {
    @Test("the text names each step with place, role and limit, and where each action leads")
    func text() throws {
        let text = ProcedureGraph(try ProcedureSource.definition("official-transfer")).text
        #expect(
            text.contains(
                "introduce  (Chi bộ giới thiệu)\n    at origin, cell-secretary, next meeting, at most 30 days, fills a box"
            ))
        #expect(text.contains("    approve -> onward-introduction  [forward] if transfer-not-held"))
        #expect(text.contains("    return -> readdress  [send-back]"))
        #expect(text.contains("    admit -> admitted  [admit]"))
        #expect(text.contains("variant within-base-organisation: through base-committee of origin"))
        let carried = "paper file handed over by organisation-officer at base-committee of origin, received by"
        #expect(text.contains(carried))
        #expect(text.hasSuffix("end: admitted, with the result GGT"))
    }

    @Test("DOT holds every step and edge, quoted, in balanced braces")
    func dot() throws {
        for name in ["official-transfer", "temporary-transfer", "residence-opinion", "dues-objection"] {
            let definition = try ProcedureSource.definition(name)
            let dot = ProcedureGraph(definition).dot
            #expect(dot.hasPrefix("digraph \"\(name)\" {") && dot.hasSuffix("}"))
            for step in definition.steps { #expect(dot.contains("    \"\(step.name)\" [label=")) }
            for edge in StepGraph(definition).edges { #expect(dot.contains("    \"\(edge.from)\" -> ")) }
            #expect(dot.count { $0 == "\"" } % 2 == 0)
        }
        #expect(ProcedureGraph(try ProcedureSource.definition("dues-objection")).dot.contains("style=dashed"))
    }
}

@Suite("hosoctl procedure: simulate")
struct SimulationTests {
    func walk(
        _ procedure: String, from: String, to: [String] = [], do deviations: [(String, String)] = [],
        readdress: String? = nil, form: [String: JSONValue] = [:], tree: String = smallTree
    ) throws -> [String] {
        let definition = try ProcedureSource.definition(procedure)
        let file = try TreeFile(text: tree, file: "tree.yaml")
        var form = form
        let cells = to.compactMap { file.id($0) }.map { JSONValue.string("\($0)") }
        if let field = definition.route.destinationField, !cells.isEmpty { form[field] = .array(cells) }
        let origin = try #require(file.id(from))
        var simulation = try Simulation(
            definition, over: file, from: origin, form: .object(form),
            deviations: deviations.map { .init(step: $0, action: $1) }, rightAddress: readdress.flatMap(file.id),
            calendar: .bundled(), start: Date(timeIntervalSince1970: 1_795_136_400))
        return simulation.walk()
    }

    /// The organisations on the way, by their codes.
    func codes(_ lines: [String]) -> [String] {
        lines.filter { $0.first?.isNumber == true }.compactMap { line in
            line.split(separator: ": ").dropFirst().first?.split(separator: " ").first.map(String.init)
        }
    }

    @Test("a transfer between communes prints every hop, up and down, with boxes, and ends well")
    func transfer() throws {
        let lines = try walk("official-transfer", from: "T.1.1.1.1", to: ["T.2.1"])
        #expect(codes(lines) == ["T.1.1.1.1", "T.1.1.1", "T.1.1", "T.1", "T", "T.2", "T.2.1"])
        #expect(lines.filter { $0.contains(", box ") }.count == 6)
        #expect(lines.suffix(2) == ["result GGT is asked for", "completed: admitted after 7 turns"])
        #expect(lines.allSatisfy { !$0.contains("refused") })
    }

    @Test("within one base organisation the variant is told and taken")
    func variant() throws {
        let lines = try walk("official-transfer", from: "T.1.1.1.1", to: ["T.1.1.2"])
        #expect(lines.first == "variant within-base-organisation")
        #expect(codes(lines) == ["T.1.1.1.1", "T.1.1", "T.1.1.2"])
    }

    @Test("what somebody does otherwise is done once: wrongly addressed, a supplement, a correction")
    func deviations() throws {
        let lines = try walk(
            "official-transfer", from: "T.1.1.1.1", to: ["T.2.1"],
            do: [
                ("introduce", "supplement"), ("onward-introduction", "approve"), ("onward-introduction", "correct"),
                ("admit", "return"),
            ], readdress: "T.2.2")
        #expect(lines.contains("    the applicant sends what was missing"))
        #expect(lines.contains { $0.hasPrefix("    correct by organisation-officer T.1.1.1 ") })
        #expect(codes(lines).last == "T.2.2")
        #expect(lines.contains { $0.contains("readdress: T Đảng bộ tỉnh Mẫu") })
        #expect(lines.last?.hasPrefix("completed: admitted") == true)
    }

    @Test("the other procedures walk to their ends")
    func others() throws {
        let opinion = try walk(
            "residence-opinion", from: "T.1.1.1.1", to: ["T.2.1", "T.1.1.2"], form: ["purpose": "cadre"])
        #expect(opinion.contains { $0.hasSuffix("1 more at the same time") })
        #expect(opinion.last == "completed: opinion-given after 7 turns")
        let stay: [String: JSONValue] = [
            "stayFrom": "2026-12-01", "stayUntil": "2027-05-31", "stayReason": "work",
        ]
        #expect(
            try walk("temporary-transfer", from: "T.2.1", to: ["T.2.2"], form: stay).last
                == "completed: admitted after 3 turns")
        #expect(
            try walk("dues-objection", from: "T.2.1", do: [("examine", "ask-cell")]).last
                == "completed: upheld after 4 turns")
    }

    @Test("a case that a guard holds up says why, and that nobody goes on")
    func heldUp() throws {
        let lines = try walk("temporary-transfer", from: "T.2.1", to: ["T.2.2"])
        #expect(lines.contains { $0.hasPrefix("    refused: period-not-allowed: ") })
        #expect(lines.last == "    nobody goes on from here")
    }

    @Test("a way longer than the letter is told with its continuation sheets")
    func sheets() throws {
        let text = try #require(ProcedureCatalogue.texts["official-transfer.yaml"])
            .replacing("boxes: 10", with: "boxes: 4")
        let definition = try ProcedureDefinition.read(yaml: text, file: "short.yaml")
        let file = try TreeFile(text: smallTree, file: "tree.yaml")
        let from = try #require(file.id("T.1.1.1.1"))
        let to = try #require(file.id("T.2.1"))
        var simulation = try Simulation(
            definition, over: file, from: from, form: ["destinationCellId": .string("\(to)")], calendar: .bundled(),
            start: Date(timeIntervalSince1970: 1_795_136_400))
        let lines = simulation.walk()
        #expect(lines.contains("continuation sheets: 1"))
    }
}

@Suite("A tree from a file")
struct TreeFileTests {
    @Test(
        "what hosoctl generate writes is a tree, as CSV and as JSON lines",
        arguments: [RecordWriter.Format.csv, .jsonl])
    func generated(_ format: RecordWriter.Format) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tree-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        var writer = try RecordWriter(format, in: directory)
        let country = MadeUpCountry(seed: 1, scale: .commune, revision: 1, rates: .none)
        try country.tell(&writer)
        let count = try writer.close().organizations
        let file = try TreeFile(path: directory.appending(path: "organizations.\(format.rawValue)").path)
        #expect(file.entries.count == count && count > 3)
        let cells = file.entries.filter { $0.type.isCell }
        let first = try #require(cells.first)
        let last = try #require(cells.last)
        let from = try #require(file.id(first.code))
        let to = try #require(file.id(last.code))
        var simulation = try Simulation(
            ProcedureSource.definition("official-transfer"), over: file, from: from,
            form: ["destinationCellId": .string("\(to)")], calendar: .bundled(),
            start: Date(timeIntervalSince1970: 1_795_136_400))
        let lines = simulation.walk()
        #expect(lines.last?.hasPrefix("completed: admitted") == true)
    }

    @Test("quoted cells of CSV keep commas, quotes and line ends")
    func quoted() throws {
        let text = "code,type,name,parentCode\r\nA,commune,\"Xã \"\"Mẫu\"\", A\nB\",\r\nA.1,base-cell,Chi bộ,A\r\n"
        let file = try TreeFile(text: text, file: "organizations.csv")
        #expect(file.entries.map(\.name) == ["Xã \"Mẫu\", A\nB", "Chi bộ"])
    }

    @Test("a missing parent, a code twice, an unknown type or key and a cut line are told with the line")
    func faults() throws {
        func fault(_ text: String, _ file: String) -> String {
            do {
                _ = try TreeFile(text: text, file: file)
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(
            fault("code,type,parentCode\nA,commune,\nB,base-cell,C\n", "o.csv")
                == "line 3: the parent C is not in the file")
        #expect(fault("code,type\nA,commune\nA,commune\n", "o.csv") == "line 3: the code A stands twice")
        #expect(fault("code,type\nA,village\n", "o.csv").hasPrefix("line 2: "))
        #expect(fault("code,type\nA\n", "o.csv") == "line 2: 1 cells, not 2")
        #expect(
            fault("{\"code\":\"A\",\"type\":\"commune\"}\n{\"code\"", "o.jsonl") == "line 2: no JSON object of texts")
        #expect(fault("organizations:\n  - { code: A, type: commune, colour: red }\n", "t.yaml").hasPrefix("t.yaml:2:"))
        #expect(fault("places: []\n", "t.yaml").contains("the key organizations is missing"))
    }
}

@Suite("hosoctl procedure: the command line")
struct ProcedureCommandTests {
    func run(_ arguments: [String]) throws {
        var command = try ProcedureCommand.parseAsRoot(arguments)
        try command.run()
    }

    /// A file for the length of a test.
    func with(_ text: String, _ name: String, _ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "procedure-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: name)
        try Data(text.utf8).write(to: file)
        try body(file.path)
    }

    @Test("check ends with 0 for a good file and with 1 for a bad one")
    func check() throws {
        let text = try #require(ProcedureCatalogue.texts["residence-opinion.yaml"])
        try with(text, "good.yaml") { try run(["check", $0]) }
        try with(text.replacing("quorum: all", with: "quorum: some"), "bad.yaml") { file in
            #expect(throws: ExitCode(1)) { try run(["check", file]) }
        }
    }

    @Test("graph takes a name or a file; simulate refuses a code that the tree does not know")
    func others() throws {
        try run(["graph", "official-transfer", "--dot"])
        try with(smallTree, "tree.yaml") { tree in
            try run(["simulate", "official-transfer", "--tree", tree, "--from", "T.2.1", "--to", "T.2.2"])
            #expect(throws: ValidationError.self) {
                try run(["simulate", "official-transfer", "--tree", tree, "--from", "T.9", "--to", "T.2.2"])
            }
            #expect(throws: ValidationError.self) {
                try run(["simulate", "official-transfer", "--tree", tree, "--from", "T.2.1", "--do", "introduce"])
            }
        }
        #expect(throws: UnknownProcedure.self) { try run(["graph", "no-such-procedure"]) }
    }
}
