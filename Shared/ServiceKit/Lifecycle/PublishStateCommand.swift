import ArgumentParser
import Contracts
import Foundation

/// `publish-state`: writes the service's state topics again, for readers that lost or never had them.
struct PublishStateCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "publish-state",
            abstract: "Writes the whole current state to the service's state topics, through the outbox.")
    }

    @OptionGroup var options: CommonOptions
    @Option(help: "Only what changed since this moment (RFC 3339).") var since: String?
    @Option(help: "Only this topic.") var topic: String?

    func run() async throws {
        let settings = try options.settings(for: Definition.self)
        let moment = try since.map { text in
            guard let moment = RFC3339.moment(of: text) else {
                throw ValidationError("--since must be a moment such as 2026-11-20T00:00:00Z")
            }
            return moment
        }
        try await Serve<Definition>(settings: settings).publishState(since: moment, topic: topic)
    }
}
