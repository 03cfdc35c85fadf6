import ArgumentParser
import Contracts
import Logging
import Postgres

/// `migrate`: brings the schema to this program's version and creates the service's topics.
struct MigrateCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "migrate", abstract: "Applies the migrations of the service and creates its topics.")
    }

    @OptionGroup var options: CommonOptions
    @Flag(help: "Leave the topics alone.") var withoutTopics = false

    func run() async throws {
        let needed: Set<String> = withoutTopics ? ["database.url"] : ["database.url", "kafka.bootstrapServers"]
        let settings = try options.settings(for: Definition.self) { needed.contains($0.key) }
        let logger = Logger(label: "hoso.\(Definition.name.rawValue)")
        let applied = try await Migrator(
            try Connections.postgres(settings, service: Definition.name),
            migrations: Definition.allMigrations, logger: logger
        ).migrate()
        CommandOutput.line("\(applied.count) migrations applied")
        if !withoutTopics {
            let created = try await Topics.create(for: Definition.name, settings: settings, logger: logger)
            CommandOutput.line("\(created.count) topics created")
        }
    }
}
