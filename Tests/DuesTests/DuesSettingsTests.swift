import ServiceKit
import Testing

@testable import Dues

@Suite("Settings of Dues")
struct DuesSettingsTests {
    @Test("production needs to be told where payers are sent and where they come back to")
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
        ]
        #expect(faults(good).isEmpty)
        #expect(faults([:]) == ["dues.vnpay.payUrl", "dues.vnpay.returnUrl"])
        #expect(faults(["HOSO_MODE": "development"]).isEmpty)
    }
}
