import ArgumentParser
import Contracts
import Foundation
import Logging

extension ServiceDefinition {
    /// The executable: runs the command that the arguments name.
    public static func main() async {
        await ServiceCommand<Self>.main()
    }

    /// Every setting of this service, the common ones first.
    public static var allSettings: [Setting] { CommonSettings.all(for: name, own: settings) }
}

/// The command line of one service.
struct ServiceCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Definition.name.rawValue, abstract: "The service \(Definition.name.rawValue).",
            subcommands: [
                ServeCommand<Definition>.self, MigrateCommand<Definition>.self, ConfigCommand<Definition>.self,
                PublishStateCommand<Definition>.self, ReplayCommand<Definition>.self,
            ])
    }
}

/// What every command is given.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file (JSON); HOSO_CONFIG names it too.")
    var config: String?

    /// Where the values of this process come from.
    func loader<Definition: ServiceDefinition>(for definition: Definition.Type) -> SettingsLoader {
        SettingsLoader(
            declared: Definition.allSettings, environment: ProcessInfo.processInfo.environment, filePath: config,
            foreignPrefixes: ServiceName.allCases.map(\.rawValue).filter { $0 != Definition.name.rawValue })
    }

    /// The effective configuration; tells every fault and ends the process when there is one.
    func settings<Definition: ServiceDefinition>(
        for definition: Definition.Type, isNeeded: (Setting) -> Bool = { _ in true }
    ) throws -> Settings {
        do {
            let settings = try loader(for: definition).load(isNeeded: isNeeded)
            try LogBootstrap.start(settings)
            return settings
        } catch {
            CommandOutput.error("The configuration is not valid:\n\(error)\n")
            throw ExitCode(1)
        }
    }
}

/// Writes for the person at the command line.
enum CommandOutput {
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
    static func error(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
