import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import ServiceTestKit
import Testing
import Trust

@testable import Dues

/// What the tests of gateways are made of; every secret, name and number is made up.
enum GatewayFigures {
    static let createdAt = Date(timeIntervalSince1970: 1_778_553_015)

    static func request(parties: PaymentRequest.Parties? = nil) throws -> PaymentRequest {
        PaymentRequest(
            reference: try PaymentReference("DP26050001"), amount: Dong(15_930), description: "Dang phi DP26050001",
            createdAt: createdAt, expiresAt: Date(timeIntervalSince1970: 1_778_553_915), payerAddress: nil,
            parties: parties)
    }

    static func asked() throws -> AskedOrder {
        AskedOrder(
            reference: try PaymentReference("DP26050001"), amount: Dong(15_930), createdAt: createdAt,
            askedAt: createdAt + 1_000, number: "00000000000000000000000000000001")
    }

    static func portal(
        secrets: [String] = ["SECRET"], partner: String = "PARTNER",
        statusURL: String? = "https://portal.example/status"
    ) -> PortalGateway {
        PortalGateway(
            configuration: .init(
                partner: partner, secrets: secrets, requestURL: "https://portal.example/request", statusURL: statusURL))
    }

    static func momo(keys: [(String, String)] = [("AK", "SK")], partner: String = "MOMO") -> MoMoGateway {
        MoMoGateway(
            configuration: .init(
                partner: partner, keys: keys.map { .init(access: $0.0, secret: $0.1) },
                createURL: "https://momo.example/create", returnURL: "https://portal.example/",
                callbackURL: "https://dues.example/v1/gateways/momo/ipn", statusURL: "https://momo.example/query"))
    }

    static func vnpay() -> VNPAYGateway {
        VNPAYGateway(
            configuration: .init(
                merchant: DuesScene.merchant, secrets: [Array(DuesScene.secret.utf8)],
                payURL: "https://pay.example/pay", returnURL: "https://portal.example/", minimum: Dong(5_000),
                statusURL: "https://pay.example/api"))
    }

    /// The settings under which all three are there.
    static let settings = [
        "dues.vnpay.statusUrl": "https://pay.example/api", "dues.portal.partner": "PARTNER",
        "dues.portal.secret": "SECRET", "dues.portal.requestUrl": "https://portal.example/request",
        "dues.portal.statusUrl": "https://portal.example/status", "dues.momo.partner": "MOMO",
        "dues.momo.accessKey": "AK", "dues.momo.secret": "SK", "dues.momo.createUrl": "https://momo.example/create",
        "dues.momo.returnUrl": "https://portal.example/",
        "dues.momo.callbackUrl": "https://dues.example/v1/gateways/momo/ipn",
        "dues.momo.statusUrl": "https://momo.example/query",
    ]
}

extension CallbackReading {
    var callback: GatewayCallback? { if case .authentic(let callback) = self { callback } else { nil } }
    var refusal: CallbackAnswer? { if case .refused(let answer, _) = self { answer } else { nil } }
    var reason: String? { if case .refused(_, let reason) = self { reason } else { nil } }
}

extension StatusReading {
    var told: CallbackReading? { if case .told(let reading) = self { reading } else { nil } }
    var isNoPayment: Bool { if case .noPayment = self { true } else { false } }
}

/// The portal's side.
enum PortalSigner {
    static let callback = [
        "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang",
        "ThoiGianGD", "ThongTinGiaoDich",
    ]
    static let status = [
        "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang",
        "ThoiGianGD", "TrangThaiGD",
    ]

    static func callback(_ reference: String, amount: String = "15930") -> [String: String] {
        [
            "LoaiBanTin": "CONFIRM", "MaLoi": "00", "MaDoiTac": "PARTNER", "MaThamChieu": reference, "SoTien": amount,
            "MaTienTe": "VND", "MaGiaoDich": "GD123", "MaNganHang": "NH01", "ThoiGianGD": "20260512093015",
            "ThongTinGiaoDich": "THANH TOAN HO SO H56-260512-0001",
        ]
    }

    static func code(_ fields: [String: String], _ names: [String], secret: String) -> String {
        Digest.sha256((names.map { fields[$0] ?? "" } + [secret]).joined(separator: "|")).hex
    }

    /// The message with its code; names in `numbers` are written as numbers.
    static func json(
        _ fields: [String: String], _ names: [String] = callback, secret: String = "SECRET", numbers: Set<String> = []
    ) -> String {
        let signed = fields.merging(["MaXacThuc": code(fields, names, secret: secret)]) { $1 }
        let members = signed.sorted { $0.key < $1.key }.map { name, value in
            #""\#(name)":\#(numbers.contains(name) ? value : #""\#(value)""#)"#
        }
        return "{\(members.joined(separator: ","))}"
    }
}

/// MoMo's side.
enum MoMoSigner {
    static let numbers: Set<String> = ["amount", "responseTime", "resultCode", "transId"]

    static func callback(_ reference: String, amount: String = "15930") -> [String: String] {
        [
            "amount": amount, "extraData": "", "message": "Successful.", "orderId": reference, "orderInfo": "Dang phi",
            "orderType": "momo_wallet", "partnerCode": "MOMO", "payType": "qr", "requestId": "R1",
            "responseTime": "1778553015000", "resultCode": "0", "transId": "4088878653",
        ]
    }

    static func json(_ fields: [String: String], access: String = "AK", secret: String = "SK") -> String {
        let text = fields.merging(["accessKey": access]) { $1 }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        let signed = fields.merging(["signature": MAC.hmacSHA256(key: secret, text).hex]) { $1 }
        let members = signed.sorted { $0.key < $1.key }.map { name, value in
            #""\#(name)":\#(numbers.contains(name) ? value : #""\#(value)""#)"#
        }
        return "{\(members.joined(separator: ","))}"
    }
}
