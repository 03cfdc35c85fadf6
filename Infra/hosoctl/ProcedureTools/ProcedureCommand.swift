public import ArgumentParser
import Contracts
import Foundation
import RoutingDomain
import RoutingProcedures
import WorkingTime

/// `procedure`: what an author of definitions needs before he publishes one.
public struct ProcedureCommand: ParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "procedure", abstract: "Definitions of procedures: check, graph, simulate (docs/procedures.md).",
        subcommands: [Check.self, Graph.self, Simulate.self])

    public init() {}

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells everything that is wrong with a definition, each with line, field and rule.")
        @Argument(help: "The file.") var file: String

        func run() throws {
            let faults = try ProcedureSource.faults(file)
            for fault in faults { print("\(fault)") }
            guard faults.isEmpty else { throw ExitCode(1) }
            print("\(file): can be used")
        }
    }

    struct Graph: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The steps and how a case comes from one to another.")
        @Argument(help: "The code of a procedure of this program, or a file.") var procedure: String
        @Flag(help: "In the DOT language of Graphviz.") var dot = false

        func run() throws {
            let graph = ProcedureGraph(try ProcedureSource.definition(procedure))
            print(dot ? graph.dot : graph.text)
        }
    }

    struct Simulate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Walks a case over a tree of organisations and prints every hop.",
            discussion: """
                The tree is a YAML file as docs/procedures.md tells, or organizations.csv or organizations.jsonl of \
                `hosoctl generate`. Everybody has the roles that the definition needs and does the first thing that \
                leads on, unless --do says otherwise.
                """)
        @Argument(help: "The code of a procedure of this program, or a file.") var procedure: String
        @Option(help: "The file of the tree.") var tree: String
        @Option(help: "The code of the member's cell.") var from: String
        @Option(help: "The codes of the cells the case is addressed to.") var to: [String] = []
        @Option(name: .customLong("do"), help: "step:action, once when the case comes to the step.")
        var deviations: [String] = []
        @Option(help: "name=value, a field of the form.") var form: [String] = []
        @Option(help: "The code of the cell that a readdressing committee finds.") var readdress: String?
        @Option(help: "When the case begins, RFC 3339.") var at = "2026-11-20T01:00:00Z"

        func run() throws {
            let definition = try ProcedureSource.definition(procedure)
            let file = try TreeFile(path: tree)
            func cell(_ code: String) throws -> OrganizationID {
                guard let id = file.id(code) else { throw ValidationError("\(tree) has no organisation \(code)") }
                return id
            }
            guard let start = RFC3339.moment(of: at) else { throw ValidationError("--at is no moment in RFC 3339") }
            var fields: [String: JSONValue] = [:]
            for (name, value) in try pairs(form, by: "=") { fields[name] = .string(value) }
            if let field = definition.route.destinationField, !to.isEmpty {
                let cells = try to.map(cell).map { JSONValue.string("\($0)") }
                fields[field] = cells.count == 1 ? cells[0] : .array(cells)
            }
            var simulation = try Simulation(
                definition, over: file, from: cell(from), form: .object(fields),
                deviations: pairs(deviations, by: ":").map { .init(step: $0, action: $1) },
                knownCell: definition.route.fallback == nil ? nil : to.first.map(cell),
                rightAddress: readdress.map(cell), calendar: .bundled(), start: start)
            for line in simulation.walk() { print(line) }
        }

        private func pairs(_ texts: [String], by mark: Character) throws -> [(String, String)] {
            try texts.map { text in
                let parts = text.split(separator: mark, maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw ValidationError("\(text) is not of the form a\(mark)b") }
                return (parts[0], parts[1])
            }
        }
    }
}
