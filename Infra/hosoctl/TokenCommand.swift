import ArgumentParser
import Contracts
import Foundation
import ServiceKit

/// `token`: signs a token as the stand-in identity provider does.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Signs a token with the development identity's key; never for production.")

    @Option(help: "The stand-in's key file (key-001.pem); HOSOCTL_KEY names one too.") var key: String?
    @Option(help: "A member's id, operator:<name> or service:<name>.") var subject: String
    @Option(help: "The level of assurance, 1 to 3.") var level = 2
    @Option(help: "A role; may be given again. Operators get hoso.operator by themselves.") var role: [String] = []
    @Option(help: "The issuer, one for development; HOSO_IDENTITY_ISSUER names it too.") var issuer: String?
    @Option(help: "How many hours it counts.") var hours = 8

    func run() async throws {
        guard let path = key ?? ProcessInfo.processInfo.environment["HOSOCTL_KEY"] else {
            throw ValidationError("give --key")
        }
        var roles = role
        if subject.hasPrefix("operator:"), !roles.contains(Caller.operatorRole) { roles.append(Caller.operatorRole) }
        Output.line(
            try await DevelopmentKey(path: path).sign(
                subject: subject, level: level, roles: roles, hours: hours, issuer: issuer))
    }
}
