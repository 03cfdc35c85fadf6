import ArgumentParser
import Contracts
import Foundation
import Logging

/// `config`: shows the effective configuration and what is wrong with it.
struct ConfigCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "config",
            abstract: "Shows every setting, its value (secrets hidden) and where it came from; exit code 1 on a fault.")
    }

    @OptionGroup var options: CommonOptions
    @Flag(help: "Write JSON.") var json = false

    func run() async throws {
        let (settings, found) = options.loader(for: Definition.self).inspect()
        var faults = found
        if faults.isEmpty { faults = Self.furtherFaults(settings) }
        if json {
            CommandOutput.line(String(decoding: try Self.json(settings, faults), as: UTF8.self))
        } else {
            CommandOutput.line(Self.table(settings))
            for fault in faults { CommandOutput.error("\(fault.key): \(fault.fault)\n") }
        }
        if !faults.isEmpty { throw ExitCode(1) }
    }

    /// What only shows when the parts are put together.
    private static func furtherFaults(_ settings: Settings) -> [ConfigurationFault.Entry] {
        do {
            _ = try IdentitySettings.verifier(settings, time: SystemTimeSource(), logger: .init(label: "config"))
            return []
        } catch {
            return error.entries
        }
    }

    private static func table(_ settings: Settings) -> String {
        let lines = settings.report
        let keyWidth = lines.map(\.key.count).max() ?? 0
        let valueWidth = min(48, lines.map(\.value.count).max() ?? 0)
        return lines.map { line in
            line.key.padding(toLength: keyWidth, withPad: " ", startingAt: 0) + "  "
                + (line.value.count < valueWidth
                    ? line.value.padding(toLength: valueWidth, withPad: " ", startingAt: 0) : line.value)
                + "  (\(line.origin))"
        }.joined(separator: "\n")
    }

    private struct Report: Encodable {
        struct Line: Encodable {
            var key: String
            var value: String
            var origin: String
            var help: String
        }
        struct Fault: Encodable {
            var key: String
            var fault: String
        }
        var settings: [Line]
        var faults: [Fault]
    }

    private static func json(_ settings: Settings, _ faults: [ConfigurationFault.Entry]) throws -> Data {
        let encoder = ContractsJSON.encoder
        encoder.outputFormatting.insert(.prettyPrinted)
        return try encoder.encode(
            Report(
                settings: settings.report.map { .init(key: $0.key, value: $0.value, origin: $0.origin, help: $0.help) },
                faults: faults.map { .init(key: $0.key, fault: $0.fault) }))
    }
}
