import ServiceKit
import Testing

@testable import Dues

@Suite("Settings of Dues")
struct DuesSettingsTests {
    @Test("production needs to be told where payers are sent, where they come back to, and where documents are")
    func payers() {
        func faults(_ own: [String: String]) -> [String] {
            let environment = ["HOSO_DUES_VNPAY_MERCHANT": "DEMO0001", "HOSO_DUES_VNPAY_SECRET": "SECRETKEY"]
            let loader = SettingsLoader(
                declared: Dues.allSettings, environment: environment.merging(own) { _, given in given })
            return loader.inspect().1.map(\.key).filter { $0.hasPrefix("dues.") }
        }
        let good = [
            "HOSO_DUES_VNPAY_PAY_URL": "https://pay.example.vn/",
            "HOSO_DUES_VNPAY_RETURN_URL": "https://dues.example.vn/",
            "HOSO_DUES_RECEIPTS_DOCUMENTS_URL": "https://signing.example.vn",
        ]
        #expect(faults(good).isEmpty)
        #expect(faults([:]) == ["dues.vnpay.payUrl", "dues.vnpay.returnUrl", "dues.receipts.documentsUrl"])
        #expect(faults(["HOSO_MODE": "development"]).isEmpty)
    }

    @Test("a gateway is configured whole or is not there; its addresses are safe ones in production")
    func gateways() throws {
        let vnpay = ["dues.vnpay.merchant": "DEMO0001", "dues.vnpay.secret": "SECRETKEY"]
        func names(_ own: [String: String]) throws -> [String] {
            let values = vnpay.merging(own) { $1 }
            return try GatewaySettings.registry(try Settings.given(values, declared: Dues.allSettings)).names
        }
        #expect(try names([:]) == ["vnpay"])
        let whole = GatewayFigures.settings
        #expect(try names(whole) == ["momo", "portal", "vnpay"])
        for key in [
            "dues.portal.secret", "dues.portal.requestUrl", "dues.momo.accessKey", "dues.momo.secret",
            "dues.momo.createUrl", "dues.momo.returnUrl", "dues.momo.callbackUrl",
        ] {
            #expect(throws: ConfigurationFault(key: key, fault: "is missing, its gateway is configured")) {
                try names(whole.filter { $0.key != key })
            }
        }
        for (key, value) in [
            ("dues.portal.requestUrl", "http://portal.example/"), ("dues.momo.statusUrl", "http://momo.example/"),
            ("dues.vnpay.statusUrl", "ftp://pay.example/"), ("dues.portal.partner", #"A"B"#),
            ("dues.portal.sources", "203.0.113.0/99"), ("dues.portal.answerCodes", "never=00"),
            ("dues.portal.answerCodes", "confirmed"), ("dues.portal.constants", "=1"),
        ] {
            #expect(throws: ConfigurationFault.self, "\(key)") { try names(whole.merging([key: value]) { $1 }) }
        }
        #expect(
            try names(whole.merging(["mode": "development", "dues.portal.requestUrl": "http://127.0.0.1:1/"]) { $1 })
                .count == 3)
    }
}
