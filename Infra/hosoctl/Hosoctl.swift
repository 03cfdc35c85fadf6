import ArgumentParser
import Logging

/// The operators' command: looks into topics, outboxes, parked messages, lag and the audit of every service.
@main
struct Hosoctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hosoctl", abstract: "Operates the suite: events, parked messages, outboxes, lag, audit.",
        subcommands: [
            TokenCommand.self, EventsCommand.self, ParkedCommand.self, OutboxCommand.self,
            LagCommand.self, HealthCommand.self, AuditCommand.self, GenerateCommand.self, ImportCommand.self,
            ProcedureCommands.self, PolicyCommands.self,
        ])

    static func main() async {
        // What the libraries say of their connections is of no use to somebody reading a table.
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        await main(nil)
    }
}
