import ArgumentParser
import Contracts
import Foundation
import ServiceKit

/// Which services to ask, as whom, and how to show the answer.
struct AdminOptions: ParsableArguments {
    @Option(name: .long, help: "The service to ask; all of them when absent.")
    var service: ServiceName?

    @Option(help: "An operator's token; HOSOCTL_TOKEN names one too.")
    var token: String?

    @Option(help: "The development identity's key file, to sign a token with; HOSOCTL_KEY names one too.")
    var key: String?

    @Flag(help: "Write JSON.")
    var json = false

    /// The services to ask.
    var services: [ServiceName] { service.map { [$0] } ?? ServiceName.allCases }

    /// The token to ask with.
    func bearer() async throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let token = token ?? environment["HOSOCTL_TOKEN"], !token.isEmpty { return token }
        guard let path = key ?? environment["HOSOCTL_KEY"], !path.isEmpty else {
            throw ValidationError("give --token, or --key with the development identity's key file")
        }
        return try await DevelopmentKey(path: path).sign(
            subject: "operator:hosoctl", level: 2, roles: [Caller.operatorRole], hours: 1)
    }

    /// The one service that a command needs.
    func oneService() throws -> ServiceName {
        guard let service else { throw ValidationError("give --service") }
        return service
    }
}
