import ArgumentParser
import Contracts
import Foundation
import Messaging

/// `outbox`: events that are not sent yet.
struct OutboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox", abstract: "Events not sent yet, and those held back: status, blocked, retry.",
        subcommands: [Status.self, Blocked.self, Retry.self], defaultSubcommand: Status.self)

    struct Status: AsyncParsableCommand {
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await AdminClient.with(options) { client in
                let found = await client.each(options.services, "/admin/v1/outbox", as: OutboxStanding.self)
                if options.json {
                    return try Output.json(
                        Dictionary(uniqueKeysWithValues: found.map { ($0.service.rawValue, $0.answer) }))
                }
                Output.table(
                    ["SERVICE", "UNSENT", "OLDEST", "BLOCKED"],
                    found.map { service, standing in
                        [
                            service.rawValue, "\(standing.unsent)",
                            standing.oldestUnsentAt.map { RFC3339.text(of: $0) } ?? "-", "\(standing.blocked)",
                        ]
                    })
            }
        }
    }

    struct Blocked: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Events that the broker refused, or that wait behind one.")
        @OptionGroup var options: AdminOptions

        func run() async throws {
            try await AdminClient.with(options) { client in
                let found = await client.each(options.services, "/admin/v1/outbox/blocked", as: [BlockedEvent].self)
                if options.json {
                    return try Output.json(
                        Dictionary(uniqueKeysWithValues: found.map { ($0.service.rawValue, $0.answer) }))
                }
                Output.table(
                    ["SERVICE", "ID", "TOPIC", "KEY", "SINCE", "REASON"],
                    found.flatMap { service, events in
                        events.map { event in
                            [
                                service.rawValue, "\(event.id)", event.topic, "\(event.key)",
                                RFC3339.text(of: event.blockedAt), event.reason ?? "waits",
                            ]
                        }
                    })
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Sends held back events again: of one key, or all.")
        @OptionGroup var options: AdminOptions
        @Argument var id: Int64?
        @Flag(help: "Every held back event of the service.") var all = false

        func validate() throws {
            guard all != (id != nil) else { throw ValidationError("give either an id or --all") }
        }

        func run() async throws {
            let path = id.map { "/admin/v1/outbox/blocked/\($0)/retry" } ?? "/admin/v1/outbox/blocked/retry"
            try await ParkedCommand.change(options, path)
        }
    }
}
