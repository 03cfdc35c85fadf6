import ArgumentParser
import Contracts

/// `replay`: empties projections and lets them fill again from the topics.
struct ReplayCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "replay",
            abstract: "Empties a projection and rebuilds it from its topics; nothing is sent to the outside.")
    }

    @OptionGroup var options: CommonOptions
    @Option(help: "The consumer whose projection is rebuilt; all projections when absent.") var consumer: String?

    func run() async throws {
        let settings = try options.settings(for: Definition.self)
        try await Serve<Definition>(settings: settings).replay(consumer: consumer)
    }
}
