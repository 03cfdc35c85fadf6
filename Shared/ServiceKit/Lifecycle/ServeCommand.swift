import ArgumentParser
import Contracts
import Foundation
import NIOCore

/// `serve`: runs the service until it is asked to stop.
struct ServeCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "serve", abstract: "Runs the service until SIGTERM or SIGINT.")
    }

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let settings = try options.settings(for: Definition.self)
        do {
            try await Serve<Definition>(settings: settings).run()
        } catch let fault as ConfigurationFault {
            CommandOutput.error("The configuration is not valid:\n\(fault)\n")
            throw ExitCode(1)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            let (host, port) = (try settings.string("http.host"), try settings.int("http.port"))
            CommandOutput.error(
                "Port \(port) of \(host) is in use. Stop what listens there, or set HOSO_HTTP_PORT to another.\n")
            throw ExitCode(1)
        }
    }
}
