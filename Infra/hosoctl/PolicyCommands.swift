import ArgumentParser
import Contracts
import DuesDomain
import Foundation

/// `policy`: the author's tools for the book of rules of the dues, and its way into force.
struct PolicyCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "The policy of the dues: check, propose, compare, approve, withdraw, list (docs/dues-policy.md).",
        subcommands: [
            Check.self, Propose.self, Compare.self, Approve.self, Withdraw.self, List.self,
        ])

    /// A version as Dues tells it.
    struct Version: Codable {
        struct Decision: Codable {
            let number: String
            let day: String
            let body: String
        }

        let version: Int
        let sha256: String
        let state: String
        let proposedBy: String
        let proposedAt: String
        let decision: Decision?
        let approvedBy: String?
        let approvedAt: String?
        let withdrawnBy: String?
        let withdrawnAt: String?

        static func table(_ rows: [Version]) {
            Output.table(
                ["VERSION", "STATE", "PROPOSED", "BY", "APPROVED BY", "SHA-256", "DECISION"],
                rows.map {
                    [
                        "\($0.version)", $0.state, $0.proposedAt, $0.proposedBy, $0.approvedBy ?? "-",
                        String($0.sha256.prefix(12)),
                        $0.decision.map { "\($0.number), \($0.day), \($0.body)" } ?? "-",
                    ]
                })
        }
    }

    /// The document of a file, after every fault of it was told.
    static func document(_ file: String) throws -> JSONValue {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        do {
            _ = try DuesPolicyBook(json: bytes)
        } catch {
            for fault in error.faults { Output.line("\(file): \(fault.field): \(fault.rule): \(fault.english)") }
            throw ExitCode(1)
        }
        return try ContractsJSON.decode(from: bytes)
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells everything that is wrong with a document, each with its place and rule.")
        @Argument(help: "The file.") var file: String

        func run() throws {
            _ = try PolicyCommands.document(file)
            Output.line("\(file): can be used")
        }
    }

    struct Propose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Proposes a document as the next version; another operator approves it.",
            discussion: """
                The file is checked here and by the service, which also looks whether it can follow what is in force. \
                One version at a time waits for its approval.
                """)
        @OptionGroup var options: AdminOptions
        @Argument(help: "The file.") var file: String
        @Option(help: "The number of the decision on the policy.") var decision: String
        @Option(help: "The day of the decision, such as 2026-11-20.") var decidedOn: String
        @Option(help: "The body that decided.") var decidedBy: String

        private struct Request: Encodable {
            let document: JSONValue
            let decision: Version.Decision
        }

        func validate() throws {
            guard (try? Day(decidedOn)) != nil else { throw ValidationError("--decided-on is no day") }
        }

        func run() async throws {
            let request = Request(
                document: try PolicyCommands.document(file),
                decision: .init(number: decision, day: decidedOn, body: decidedBy))
            try await AdminClient.with(options) { client in
                let version = try await client.send(.dues, "/v1/policies", request, as: Version.self)
                if options.json { return try Output.json(version) }
                Version.table([version])
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts a proposed version into force, as the second person; after a comparison.")
        @OptionGroup var options: AdminOptions
        @Argument(help: "The version.") var version: Int

        func run() async throws { try await PolicyCommands.decide("approval", version, options) }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Takes a proposed version back.")
        @OptionGroup var options: AdminOptions
        @Argument(help: "The version.") var version: Int

        func run() async throws { try await PolicyCommands.decide("withdrawal", version, options) }
    }

    private static func decide(_ word: String, _ version: Int, _ options: AdminOptions) async throws {
        try await AdminClient.with(options) { client in
            let decided = try await client.send(
                .dues, "/v1/policies/\(version)/\(word)", [String: String](), as: Version.self)
            if options.json { return try Output.json(decided) }
            Version.table([decided])
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every version, the newest first.")
        @OptionGroup var options: AdminOptions

        private struct Answer: Codable {
            let inForce: Int
            let items: [Version]
        }

        func run() async throws {
            try await AdminClient.with(options) { client in
                let answer = try await client.call(.dues, "/v1/policies", as: Answer.self)
                if options.json { return try Output.json(answer) }
                Version.table(answer.items)
            }
        }
    }
}
