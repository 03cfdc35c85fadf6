import ArgumentParser
import Contracts
import NIOHTTP1
import ServiceKit

/// `health`: whether each service can do its work.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Whether each service can do its work, and why not.")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await AdminClient.with(options, signedIn: false) { client in
            let found = await client.each(
                options.services, "/health/ready", as: HealthReport.self, alsoAccepts: .serviceUnavailable)
            if options.json {
                try Output.json(Dictionary(uniqueKeysWithValues: found.map { ($0.service.rawValue, $0.answer) }))
            } else {
                Output.table(
                    ["SERVICE", "STATUS", "REASONS"],
                    found.map { [$0.rawValue, $1.status.rawValue, $1.reasons.joined(separator: "; ")] })
            }
            let allAnswer = found.count == options.services.count
            guard allAnswer, !found.contains(where: { $0.answer.status == .notReady }) else { throw ExitCode(1) }
        }
    }
}
