import Foundation
import ServiceKit
import Trust

/// Where the seal's key is, and whom its certificate must stand under.
struct SealSettings: Sendable {
    enum Place: Sendable, Hashable {
        case token(module: String, token: String, label: String, pin: String, chain: String?)
        case file(path: String, passphrase: String)
    }

    let place: Place
    /// Files with believed roots (PEM).
    let publicRoots: String?
    let governmentRoots: String?
    /// Files with revocation lists (PEM).
    let revocationLists: [String]

    static let declared = [
        Setting(
            "signing.provider", default: "pkcs11", allowed: ["pkcs11", "pkcs12"],
            help: "Where the seal's key is: a token or HSM, or a file, which only development accepts."),
        Setting("signing.pkcs11.module", .path, help: "The module (a shared library) of the token's maker."),
        Setting("signing.pkcs11.token", help: "The label of the token."),
        Setting("signing.pkcs11.label", help: "The label of key and certificate in the token."),
        Setting("signing.pkcs11.pin", isSecret: true, help: "The user PIN of the token; it is tried once."),
        Setting(
            "signing.pkcs11.chain", .path, help: "The certificates above the seal's (PEM), which tokens seldom hold."),
        Setting("signing.pkcs12.path", .path, isDevelopmentOnly: true, help: "The key file."),
        Setting(
            "signing.pkcs12.passphrase", isSecret: true, isDevelopmentOnly: true,
            help: "The passphrase of the key file."),
        Setting("signing.trust.publicRoots", .path, help: "The roots of public authorities that are believed (PEM)."),
        Setting("signing.trust.governmentRoots", .path, help: "The roots for government use that are believed (PEM)."),
        Setting(
            "signing.trust.revocationLists", .list,
            help: "Files with revocation lists (PEM) that cover every certificate below the roots."),
    ]

    init(_ settings: Settings) throws {
        switch try settings.string("signing.provider") {
        case "pkcs12":
            guard settings.mode == .development else { throw SealSettingsFault.fileInProduction }
            place = .file(
                path: try settings.string("signing.pkcs12.path"),
                passphrase: try settings.string("signing.pkcs12.passphrase"))
        default:
            place = .token(
                module: try settings.string("signing.pkcs11.module"),
                token: try settings.string("signing.pkcs11.token"),
                label: try settings.string("signing.pkcs11.label"), pin: try settings.string("signing.pkcs11.pin"),
                chain: try settings.stringIfSet("signing.pkcs11.chain"))
        }
        publicRoots = try settings.stringIfSet("signing.trust.publicRoots")
        governmentRoots = try settings.stringIfSet("signing.trust.governmentRoots")
        revocationLists = try settings.list("signing.trust.revocationLists")
        guard settings.mode == .development || (hasRoots && !revocationLists.isEmpty) else {
            throw SealSettingsFault.noTrust
        }
    }

    private var hasRoots: Bool { publicRoots != nil || governmentRoots != nil }
}

/// Settings that do not go together.
enum SealSettingsFault: Error, CustomStringConvertible {
    case fileInProduction
    case noTrust

    var description: String {
        switch self {
        case .fileInProduction:
            "signing.provider: pkcs12 is for development; production keeps its keys in a token or HSM (pkcs11)"
        case .noTrust:
            "signing.trust: production needs publicRoots or governmentRoots, and revocationLists: a seal is checked "
                + "before it signs"
        }
    }
}
