import Contracts
import Foundation
import ServiceKit

extension VNPAYGateway: ConfiguredGateway {
    static let settings =
        [
            Setting(
                "dues.vnpay.merchant", isRequired: true, help: "The merchant code that VNPAY gave (vnp_TmnCode)."),
            Setting(
                "dues.vnpay.secret", isSecret: true, isRequired: true,
                help: "The secret that VNPAY signs callbacks with."),
            Setting(
                "dues.vnpay.previousSecret", isSecret: true,
                help: "The secret before, accepted too while it is being changed."),
            Setting(
                "dues.vnpay.payUrl", .url, default: "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html",
                hasDevelopmentDefault: true, help: "Where payers are sent; the default is the gateway's sandbox."),
            Setting(
                "dues.vnpay.returnUrl", .url, default: "http://127.0.0.1:8103/", hasDevelopmentDefault: true,
                help: "Where the payer's browser comes back to."),
            Setting(
                "dues.vnpay.ownAddress", default: "127.0.0.1",
                help: "The address of this service that status questions name (vnp_IpAddr)."),
        ] + GatewaySettings.common("vnpay", minimum: 5_000)

    static func configured(_ settings: Settings) throws -> VNPAYGateway? {
        let secrets = [try settings.string("dues.vnpay.secret"), try settings.stringIfSet("dues.vnpay.previousSecret")]
        return VNPAYGateway(
            configuration: Configuration(
                merchant: try settings.string("dues.vnpay.merchant"),
                secrets: secrets.compactMap { $0.map { Array($0.utf8) } },
                payURL: try settings.string("dues.vnpay.payUrl"),
                returnURL: try settings.string("dues.vnpay.returnUrl"),
                minimum: try GatewaySettings.minimum(settings, "vnpay"),
                statusURL: try GatewaySettings.address(settings, "dues.vnpay.statusUrl"),
                refundURL: try GatewaySettings.address(settings, "dues.vnpay.refundUrl"),
                refundStatusURL: try GatewaySettings.address(settings, "dues.vnpay.refundStatusUrl"),
                ownAddress: try settings.string("dues.vnpay.ownAddress"),
                sources: try GatewaySettings.networks(settings, "dues.vnpay.sources")))
    }
}
