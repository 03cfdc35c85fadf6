import Contracts
import DuesDomain
import Foundation
import ServiceKit

extension PortalGateway: ConfiguredGateway {
    static let settings =
        [
            Setting(
                "dues.portal.partner",
                help:
                    "Our code with the national portal's payment platform (MaDoiTac); without it there is no such gateway."
            ),
            Setting("dues.portal.secret", isSecret: true, help: "The secret that both sides sign with."),
            Setting(
                "dues.portal.previousSecret", isSecret: true,
                help: "The secret before, accepted too while it is being changed."),
            Setting("dues.portal.requestUrl", .url, help: "Where the platform is asked for a payment."),
            Setting("dues.portal.version", default: Words().version, help: "PhienBan of our messages."),
            Setting(
                "dues.portal.messageTypes", .list,
                help: """
                    LoaiBanTin by message, over request=PAYMENT, callback=CONFIRM, query=QUERY, refund=REFUND, \
                    refund-query=REFUND_QUERY.
                    """),
            Setting(
                "dues.portal.constants", .list,
                help: """
                    The values that are the same in every payment request and its ThongTinBienLai, over \
                    LoaiHinhThanhToan=1, MaKenhThanhToan=1, MaThietBi=1, NgonNgu=vi, TenTTHC=Dong dang phi; also \
                    MaNganHang, MaTTHC, MaDVC, TenDVC.
                    """),
            Setting("dues.portal.successCode", default: Words().success, help: "MaLoi that says paid, or done."),
            Setting("dues.portal.pendingCodes", .list, help: "MaLoi of callbacks whose payment is not finished."),
            Setting(
                "dues.portal.unknownRefundCodes", .list,
                help: """
                    MaLoi of an answer about a refund that says that its number is not known: the refund is sent again. \
                    Without it a person finds out.
                    """),
            Setting(
                "dues.portal.answerCodes", .list,
                help: """
                    MaLoi of our answers, over confirmed=00, already-confirmed=00, not-ours=00, order-not-found=01, \
                    wrong-amount=04, not-authentic=97, unusable=99, try-again=99.
                    """),
            Setting(
                "dues.portal.pageField", default: Words().page,
                help: "Where the answer to a payment request has the address of the payer's page."),
            Setting(
                "dues.portal.statusFields", .list, default: Words().statusFields.joined(separator: ","),
                help: "What the answer to a status question signs, in this order."),
        ] + GatewaySettings.common("portal", minimum: 1_000)

    static func configured(_ settings: Settings) throws -> PortalGateway? {
        guard let partner = try GatewaySettings.code(settings, "dues.portal.partner") else { return nil }
        let secret = try GatewaySettings.needed(
            try settings.stringIfSet("dues.portal.secret"), "dues.portal.secret")
        let secrets = [secret, try settings.stringIfSet("dues.portal.previousSecret")].compactMap { $0 }
        let requestURL = try GatewaySettings.needed(
            try GatewaySettings.address(settings, "dues.portal.requestUrl"), "dues.portal.requestUrl")
        return PortalGateway(
            configuration: Configuration(
                partner: partner, secrets: secrets, requestURL: requestURL,
                statusURL: try GatewaySettings.address(settings, "dues.portal.statusUrl"),
                refundURL: try GatewaySettings.address(settings, "dues.portal.refundUrl"),
                refundStatusURL: try GatewaySettings.address(settings, "dues.portal.refundStatusUrl"),
                minimum: try GatewaySettings.minimum(settings, "portal"),
                sources: try GatewaySettings.networks(settings, "dues.portal.sources"), words: try words(settings)))
    }

    private static func words(_ settings: Settings) throws -> Words {
        var words = Words()
        words.version = try settings.string("dues.portal.version")
        words.messageTypes = try GatewaySettings.pairs(
            settings, "dues.portal.messageTypes", over: words.messageTypes)
        words.constants = try GatewaySettings.pairs(settings, "dues.portal.constants", over: words.constants)
        words.success = try settings.string("dues.portal.successCode")
        words.pending = Set(try settings.list("dues.portal.pendingCodes"))
        words.unknownRefund = Set(try settings.list("dues.portal.unknownRefundCodes"))
        for (name, code) in try GatewaySettings.pairs(settings, "dues.portal.answerCodes", over: [:]) {
            guard let answer = CallbackAnswer(rawValue: name), GatewayText.isTransaction(code) else {
                throw GatewaySettings.fault("dues.portal.answerCodes", "has an answer or a code that cannot be")
            }
            words.answers[answer] = code
        }
        words.page = try settings.string("dues.portal.pageField")
        words.statusFields = try settings.list("dues.portal.statusFields")
        return words
    }
}
