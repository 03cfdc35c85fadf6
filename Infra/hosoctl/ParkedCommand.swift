import ArgumentParser
import Contracts
import Foundation
import Messaging
import NIOHTTP1

/// `parked`: messages that could not be handled.
struct ParkedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parked", abstract: "Messages that could not be handled: list, show, retry, drop.",
        subcommands: [List.self, Show.self, Retry.self, Drop.self], defaultSubcommand: List.self)

    /// What a change did.
    struct Outcome: Codable { var affected: Int }

    struct List: AsyncParsableCommand {
        @OptionGroup var options: AdminOptions
        @Option(help: "Only this consumer.") var consumer: String?

        func run() async throws {
            try await AdminClient.with(options) { client in
                let query = consumer.map { "?consumer=\($0)" } ?? ""
                let found = await client.each(
                    options.services, "/admin/v1/parked\(query)", as: [ParkedMessages.Entry].self)
                if options.json {
                    return try Output.json(
                        Dictionary(uniqueKeysWithValues: found.map { ($0.service.rawValue, $0.answer) }))
                }
                Output.table(
                    ["SERVICE", "ID", "CONSUMER", "TYPE", "PLACE", "STATE", "REASON"],
                    found.flatMap { service, entries in
                        entries.map { entry in
                            [
                                service.rawValue, "\(entry.id)", entry.consumer, entry.type ?? "-",
                                "\(entry.topic)[\(entry.partition)]@\(entry.offset)", entry.keyState,
                                "\(entry.reasonCode): \(entry.reason)",
                            ]
                        }
                    })
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One message with its raw bytes.")
        @OptionGroup var options: AdminOptions
        @Argument var id: Int64

        func run() async throws {
            try await AdminClient.with(options) { client in
                let found = try await client.call(
                    options.oneService(), "/admin/v1/parked/\(id)", as: ParkedMessages.Detail.self)
                if options.json { return try Output.json(found) }
                let entry = found.entry
                Output.table(
                    ["FIELD", "VALUE"],
                    [
                        ["event", "\(entry.eventId)"], ["type", entry.type ?? "-"], ["consumer", entry.consumer],
                        ["place", "\(entry.topic)[\(entry.partition)]@\(entry.offset)"], ["key", found.key ?? "-"],
                        ["reason", "\(entry.reasonCode): \(entry.reason)"],
                        ["parked at", RFC3339.text(of: entry.parkedAt)],
                    ]
                        + found.headers.filter { $0.count == 2 }.map {
                            [$0[0], Data(base64Encoded: $0[1]).map { String(decoding: $0, as: UTF8.self) } ?? "-"]
                        })
                if let value = found.value.flatMap({ Data(base64Encoded: $0) }) {
                    Output.line(String(decoding: value, as: UTF8.self))
                }
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Handles messages again: one, or all of a service.")
        @OptionGroup var options: AdminOptions
        @Argument var id: Int64?
        @Flag(help: "Every parked message of the service.") var all = false

        func validate() throws {
            guard all != (id != nil) else { throw ValidationError("give either an id or --all") }
        }

        func run() async throws {
            let path = id.map { "/admin/v1/parked/\($0)/retry" } ?? "/admin/v1/parked/retry"
            try await ParkedCommand.change(options, path)
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Gives a message up for good.")
        @OptionGroup var options: AdminOptions
        @Argument var id: Int64

        func run() async throws { try await ParkedCommand.change(options, "/admin/v1/parked/\(id)/drop") }
    }

    static func change(_ options: AdminOptions, _ path: String) async throws {
        try await AdminClient.with(options) { client in
            let outcome = try await client.call(options.oneService(), path, method: .POST, as: Outcome.self)
            if options.json { return try Output.json(outcome) }
            Output.line("\(outcome.affected) affected")
        }
    }
}
