import Contracts
import Foundation
import ServiceKit

extension MoMoGateway: ConfiguredGateway {
    static let settings =
        [
            Setting(
                "dues.momo.partner",
                help: "The partner code that MoMo gave (partnerCode); without it there is no such gateway."),
            Setting("dues.momo.accessKey", isSecret: true, help: "The access key, signed and never sent."),
            Setting("dues.momo.secret", isSecret: true, help: "The secret that both sides sign with."),
            Setting(
                "dues.momo.previousAccessKey", isSecret: true,
                help: "The access key before, where it was changed with the secret."),
            Setting(
                "dues.momo.previousSecret", isSecret: true,
                help: "The secret before, accepted too while it is being changed."),
            Setting("dues.momo.createUrl", .url, help: "Where MoMo is asked for a payment (…/v2/gateway/api/create)."),
            Setting("dues.momo.returnUrl", .url, help: "Where the payer's browser comes back to."),
            Setting(
                "dues.momo.callbackUrl", .url, help: "Where MoMo calls this service (…/v1/gateways/momo/ipn)."),
            Setting(
                "dues.momo.pendingCodes", .list, default: "1000,7000,7002,8000,9000",
                help: "The result codes of payments that are not finished."),
        ] + GatewaySettings.common("momo", minimum: 1_000)

    static func configured(_ settings: Settings) throws -> MoMoGateway? {
        guard let partner = try GatewaySettings.code(settings, "dues.momo.partner") else { return nil }
        func needed(_ key: String) throws -> String {
            try GatewaySettings.needed(try settings.stringIfSet(key), key)
        }
        let access = try needed("dues.momo.accessKey")
        var keys = [Key(access: access, secret: try needed("dues.momo.secret"))]
        if let previous = try settings.stringIfSet("dues.momo.previousSecret") {
            keys.append(
                Key(access: try settings.stringIfSet("dues.momo.previousAccessKey") ?? access, secret: previous))
        }
        return MoMoGateway(
            configuration: Configuration(
                partner: partner, keys: keys,
                createURL: try GatewaySettings.needed(
                    try GatewaySettings.address(settings, "dues.momo.createUrl"), "dues.momo.createUrl"),
                returnURL: try needed("dues.momo.returnUrl"), callbackURL: try needed("dues.momo.callbackUrl"),
                statusURL: try GatewaySettings.address(settings, "dues.momo.statusUrl"),
                refundURL: try GatewaySettings.address(settings, "dues.momo.refundUrl"),
                refundStatusURL: try GatewaySettings.address(settings, "dues.momo.refundStatusUrl"),
                minimum: try GatewaySettings.minimum(settings, "momo"),
                sources: try GatewaySettings.networks(settings, "dues.momo.sources"),
                pending: Set(try settings.list("dues.momo.pendingCodes"))))
    }
}
