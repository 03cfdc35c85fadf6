import ArgumentParser
import Contracts
import Foundation
import ProcedureTools

/// `procedure`: the author's tools, the publication of a definition, and what is published.
struct ProcedureCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "procedure",
        abstract: "Definitions of procedures: check, graph, simulate, publish, list (docs/procedures.md).",
        subcommands: ProcedureCommand.configuration.subcommands + [Publish.self, List.self])

    /// A publication as Routing tells it.
    struct Published: Codable {
        struct Decision: Codable {
            let number: String
            let day: String
            let body: String
        }

        let procedure: String
        let version: Int
        let source: String
        let publishedBy: String
        let publishedAt: String
        let decision: Decision?

        static func table(_ rows: [Published]) {
            Output.table(
                ["PROCEDURE", "VERSION", "SOURCE", "PUBLISHED", "BY", "DECISION"],
                rows.map {
                    [
                        $0.procedure, "\($0.version)", $0.source, $0.publishedAt, $0.publishedBy,
                        $0.decision.map { "\($0.number), \($0.day), \($0.body)" } ?? "-",
                    ]
                })
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publishes a definition: new cases can run by it at once, in every process of Routing.",
            discussion: """
                The file is checked here and by the service; every fault is told with line, field and rule. Its version \
                is the next after the newest. The same text by the same decision once more changes nothing. Running \
                cases keep the version they began with.
                """)
        @OptionGroup var options: AdminOptions
        @Argument(help: "The file.") var file: String
        @Option(help: "The number of the decision on the publication.") var decision: String
        @Option(help: "The day of the decision, such as 2026-11-20.") var decidedOn: String
        @Option(help: "The body that decided.") var decidedBy: String

        private struct Request: Encodable {
            let yaml: String
            let decision: Published.Decision
        }

        func validate() throws {
            guard (try? Day(decidedOn)) != nil else { throw ValidationError("--decided-on is no day") }
        }

        func run() async throws {
            let faults = try ProcedureSource.faults(file)
            for fault in faults { Output.line("\(fault)") }
            guard faults.isEmpty else { throw ExitCode(1) }
            let request = Request(
                yaml: try String(contentsOfFile: file, encoding: .utf8),
                decision: .init(number: decision, day: decidedOn, body: decidedBy))
            try await AdminClient.with(options) { client in
                let published = try await client.send(.routing, "/v1/procedures", request, as: Published.self)
                if options.json { return try Output.json(published) }
                Published.table([published])
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every published version of each procedure, the newest first.")
        @OptionGroup var options: AdminOptions

        private struct Answer: Codable {
            struct Item: Codable {
                let procedure: String
                let newest: Int
                let versions: [Published]
            }

            let items: [Item]
        }

        func run() async throws {
            try await AdminClient.with(options) { client in
                let answer = try await client.call(.routing, "/v1/procedures", as: Answer.self)
                if options.json { return try Output.json(answer) }
                Published.table(answer.items.flatMap(\.versions))
            }
        }
    }
}
