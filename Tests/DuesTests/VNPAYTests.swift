import Contracts
import DuesDomain
import Foundation
import ServiceKit
import TestStack
import Testing
import Trust

@testable import Dues

@Suite("VNPAY")
struct VNPAYTests {
    static let signed =
        "vnp_Amount=1593000&vnp_BankCode=NCB&vnp_BankTranNo=VNP0001&vnp_CardType=ATM&vnp_OrderInfo=Dang+phi+05%2F2026"
        + "&vnp_PayDate=20260512093015&vnp_ResponseCode=00&vnp_TmnCode=DEMO0001&vnp_TransactionNo=14422574"
        + "&vnp_TransactionStatus=00&vnp_TxnRef=DP-2605-0001"
    static let hash =
        "2ad967ab02ee5a8f696c826b112370bfb10cdd5d0f7c143d486ee0a4126bdb1e50884ea909845239aff9b671d24c40b5dde0fd5023db7d33d18"
        + "fcf9224829fc1"

    private func gateway(secrets: [String] = ["SECRETKEY"], merchant: String = "DEMO0001") -> VNPAYGateway {
        VNPAYGateway(
            configuration: .init(
                merchant: merchant, secrets: secrets.map { Array($0.utf8) }, payURL: "https://pay.example/pay",
                returnURL: "https://portal.example/", minimum: Dong(5_000)))
    }

    private func read(_ query: String, _ gateway: VNPAYGateway? = nil) -> CallbackReading {
        (gateway ?? self.gateway()).read(RawCallback(bytes: Array(query.utf8), receivedAt: Date()))
    }

    private func callback(_ reading: CallbackReading) -> GatewayCallback? {
        if case .authentic(let callback) = reading { return callback }
        return nil
    }

    private func refusal(_ reading: CallbackReading) -> CallbackAnswer? {
        if case .refused(let answer, _) = reading { return answer }
        return nil
    }

    /// The query with a signature that fits.
    private func signed(_ changes: [String: String]) -> String {
        var fields = Dictionary(
            uniqueKeysWithValues: (FormQuery(Array(Self.signed.utf8))?.fields ?? []).map { ($0.name, $0.value) })
        fields.merge(changes) { _, new in new }
        return VNPAYSigner.query(fields, secret: "SECRETKEY")
    }

    @Test("the vector of the vendor's documentation is authentic and read")
    func vector() throws {
        let callback = try #require(self.callback(self.read("\(Self.signed)&vnp_SecureHash=\(Self.hash)")))
        #expect(callback.amount == Dong(15_930))
        #expect(callback.reference == "DP-2605-0001")
        #expect(callback.outcome == .paid)
        #expect(callback.transaction == "14422574")
        #expect(callback.paidAt == RFC3339.moment(of: "2026-05-12T09:30:15+07:00"))
    }

    @Test("order of fields, empty fields, the kind of hash and the writing of the space do not matter")
    func equivalent() {
        let shuffled = Self.signed.split(separator: "&").reversed().joined(separator: "&")
        for query in [
            "vnp_SecureHash=\(Self.hash)&\(shuffled)",
            "\(Self.signed)&vnp_Empty=&vnp_SecureHashType=HmacSHA512&vnp_SecureHash=\(Self.hash)",
            "\(Self.signed.replacing("+", with: "%20"))&vnp_SecureHash=\(Self.hash.uppercased())",
        ] {
            #expect(callback(read(query)) != nil, "\(query)")
        }
    }

    @Test("whatever is not signed with our secret is not believed")
    func forged() {
        FaultRecord.note("G3", "callbacks that are not signed with our secret")
        let others = VNPAYSigner.query(
            ["vnp_Amount": "1593000", "vnp_TmnCode": "DEMO0001", "vnp_TxnRef": "DP-2605-0001"], secret: "ANOTHER")
        for query in [
            "", "vnp_SecureHash=", Self.signed, "\(Self.signed)&vnp_SecureHash=\(Self.hash.dropLast(2))",
            "\(Self.signed)&vnp_SecureHash=\(Self.hash)&vnp_SecureHash=\(Self.hash)",
            "\(Self.signed.replacing("1593000", with: "1593001"))&vnp_SecureHash=\(Self.hash)",
            "\(Self.signed)&vnp_Extra=1&vnp_SecureHash=\(Self.hash)",
            "\(Self.signed.replacing("vnp_Amount", with: "vnp_amount"))&vnp_SecureHash=\(Self.hash)",
            "\(Self.signed)&vnp_SecureHash=\(String(repeating: "0", count: 128))", others, "%%%",
        ] {
            #expect(refusal(read(query)) == .notAuthentic, "\(query)")
        }
    }

    @Test("while the secret is being changed the old and the new one count")
    func keyChange() {
        FaultRecord.note("G4", "the old and the new secret while it is changed")
        let query = "\(Self.signed)&vnp_SecureHash=\(Self.hash)"
        #expect(callback(read(query, gateway(secrets: ["NEW", "SECRETKEY"]))) != nil)
        #expect(refusal(read(query, gateway(secrets: ["NEW"]))) == .notAuthentic)
    }

    @Test("signed, but for another merchant: not ours; without what is needed: unusable")
    func unusable() {
        #expect(refusal(read("\(Self.signed)&vnp_SecureHash=\(Self.hash)", gateway(merchant: "OTHER001"))) == .notOurs)
        for changes in [
            ["vnp_Amount": ""], ["vnp_Amount": "-1593000"], ["vnp_Amount": "1e9"],
            ["vnp_Amount": "99999999999999999999"],
            ["vnp_TransactionNo": "0"], ["vnp_TransactionNo": "1,2"], ["vnp_ResponseCode": ""], ["vnp_TxnRef": ""],
        ] {
            #expect(refusal(read(signed(changes))) == .unusable || changes["vnp_TxnRef"] != nil, "\(changes)")
        }
    }

    @Test(
        "both codes must say paid; suspicion goes to a person",
        arguments: [
            ("00", "00", CallbackOutcome.paid), ("24", "02", .declined), ("00", "02", .declined),
            ("07", "00", .suspected), ("00", "04", .suspected), ("00", "01", .pending), ("51", "02", .declined),
        ])
    func outcomes(response: String, status: String, outcome: CallbackOutcome) throws {
        let query = signed(["vnp_ResponseCode": response, "vnp_TransactionStatus": status])
        #expect(try #require(callback(read(query))).outcome == outcome)
    }

    @Test("a fraction of a đồng is no amount")
    func fraction() throws {
        FaultRecord.note("G6", "a fraction of a đồng")
        #expect(try #require(callback(read(signed(["vnp_Amount": "1593050"])))).amount == nil)
    }

    @Test("the payment request is signed over what it says")
    func request() throws {
        let url = try #require(gateway().paymentURL(for: try GatewayFigures.request()))
        let query = try #require(url.split(separator: "?").last)
        let fields = try #require(FormQuery(Array(query.utf8)))
        #expect(fields["vnp_Amount"] == "1593000")
        #expect(fields["vnp_CreateDate"] == "20260512093015")
        #expect(fields["vnp_ExpireDate"] == "20260512094515")
        let expected = MAC.hmacSHA512(
            key: Array("SECRETKEY".utf8), fields.canonical(without: VNPAYGateway.hashFields)
        ).hex
        #expect(fields["vnp_SecureHash"] == expected)
    }

    @Test("each answer has its code")
    func answers() {
        let codes = CallbackAnswer.allCases.map {
            String(decoding: gateway().reply($0, at: Date()).body, as: UTF8.self).prefix(15)
        }
        #expect(
            codes.map(String.init)
                == ["00", "02", "01", "04", "97", "99", "00", "99"].map { "{\"RspCode\":\"\($0)\"" })
    }
}

@Suite("The status at VNPAY")
struct VNPAYStatusTests {
    private func read(_ changes: [String: String], secret: String = DuesScene.secret) throws -> StatusReading {
        let fields = VNPAYSigner.status("DP26050001", amount: 15_930).merging(changes) { $1 }
        return GatewayFigures.vnpay().status(
            in: RawCallback(bytes: Array(VNPAYSigner.status(fields, secret: secret).utf8), receivedAt: Date()),
            of: try GatewayFigures.asked())
    }

    @Test("the question is signed over its values joined by bars")
    func question() throws {
        let order = try GatewayFigures.asked()
        let call = try GatewayFigures.vnpay().statusCall(about: order, to: "https://pay.example/api")
        let said = try FlatJSON(call.body)
        let text =
            "\(order.number)|2.1.0|querydr|DEMO0001|DP26050001|20260512093015|20260512094655|127.0.0.1"
            + "|Hoi trang thai DP26050001"
        #expect(said.scalar("vnp_SecureHash") == MAC.hmacSHA512(key: DuesScene.secret, text).hex)
    }

    @Test("an answer is believed when it is signed and about the order asked for")
    func answer() throws {
        let paid = try #require(try read([:]).told?.callback)
        #expect(paid.outcome == .paid)
        #expect(paid.amount == Dong(15_930))
        #expect(paid.transaction == "14422574")
        #expect(try read(["vnp_TransactionStatus": "01", "vnp_TransactionNo": ""]).told?.callback?.outcome == .pending)
        #expect(try read(["vnp_TransactionStatus": "02"]).told?.callback?.outcome == .declined)
        #expect(try read(["vnp_TransactionStatus": "07"]).told?.callback?.outcome == .suspected)
        #expect(try read(["vnp_ResponseCode": "91"]).isNoPayment)
        #expect(try read(["vnp_ResponseCode": "94"]).told?.reason == "gateway-fault")
        #expect(try read(["vnp_TransactionType": "02"]).told?.reason == "not-a-payment")
        #expect(try read(["vnp_TxnRef": "DP26050002"]).told?.reason == "other-question")
        #expect(try read(["vnp_Command": "refund"]).told?.reason == "other-question")
        #expect(try read(["vnp_TmnCode": "OTHER001"]).told?.refusal == .notOurs)
        #expect(try read([:], secret: "OTHER").told?.refusal == .notAuthentic)
    }
}

/// The gateway's side.
enum VNPAYSigner {
    /// What the answer to `querydr` says of a payment.
    static func status(_ reference: String, amount: Int64) -> [String: String] {
        [
            "vnp_ResponseId": "r1", "vnp_Command": "querydr", "vnp_ResponseCode": "00", "vnp_Message": "ok",
            "vnp_TmnCode": DuesScene.merchant, "vnp_TxnRef": reference, "vnp_Amount": String(amount * 100),
            "vnp_BankCode": "NCB", "vnp_PayDate": "20260512093015", "vnp_TransactionNo": "14422574",
            "vnp_TransactionType": "01", "vnp_TransactionStatus": "00", "vnp_OrderInfo": "Hoi",
            "vnp_PromotionCode": "", "vnp_PromotionAmount": "",
        ]
    }

    /// The answer to `querydr` with its signature.
    static func status(_ fields: [String: String], secret: String) -> String {
        let names = [
            "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate",
            "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount",
        ]
        let text = names.map { fields["vnp_\($0)"] ?? "" }.joined(separator: "|")
        let signed = fields.merging(["vnp_SecureHash": MAC.hmacSHA512(key: secret, text).hex]) { $1 }
        let members = signed.sorted { $0.key < $1.key }.map { #""\#($0.key)":"\#($0.value)""# }
        return "{\(members.joined(separator: ","))}"
    }

    /// The query of a callback with its signature.
    static func query(_ fields: [String: String], secret: String) -> String {
        let pairs = fields.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
            String(
                decoding: FormQuery.encoded($0.key) + [UInt8(ascii: "=")] + FormQuery.encoded($0.value), as: UTF8.self)
        }
        let text = pairs.joined(separator: "&")
        return "\(text)&vnp_SecureHash=\(MAC.hmacSHA512(key: secret, text).hex)"
    }
}
